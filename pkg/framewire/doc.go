// Package framewire writes the series of a Prometheus answer down as the Arrow bytes that travel to Grafana, in one
// pass and without data frames in between, and joins those bytes to the plugin SDK's gRPC messages.
//
// Of a data frame with many series little is worth computing: all frames of an answer are the same but for the texts
// of their labels and their numbers. So the flatbuffers around the numbers are made once for an answer, as templates
// whose texts stand at the end, and a frame is a copy of them with a few offsets patched. See template and layout.
//
// What is written is what the SDK's own encoder would have said: tests read every frame back with the SDK's reader and
// compare it with the frame of promjson.ReadFrames, for stored answers and under fuzzing.
//
// # How the bytes get into the message
//
// Handlers of the SDK answer with data frames, which the SDK encodes. Read answers with a token frame in place of the
// real ones; the codec that this package registers with gRPC finds the token when the message is written, and puts the
// bytes there without copying them. So datasource.Manage stays whole, with its middlewares, tracing, metrics and panic
// recovery. Bytes that never come to be written, because the handler failed after reading, are released when the
// request's context ends.
//
// The codec and buffer interfaces of gRPC are marked experimental; the tests of this package hold them to what is
// used here.
package framewire
