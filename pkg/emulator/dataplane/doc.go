// Package dataplane is the part of the emulator that a workspace's URL leads
// to: the Prometheus-compatible API of Amazon Managed Service for Prometheus
// (AMP), on Prometheus' own TSDB, PromQL engine and HTTP API.
//
// A Storage is one workspace on disk. [Match] says what a path and a verb mean
// and which IAM action they need; authenticating and authorising is the
// caller's business and comes first: nothing here decodes a body before
// [Storage.Serve] is called, and Serve is called for authorised requests only.
//
// # What becomes of a refused write
//
// A request that is refused as a whole (over the size limit, another message
// type, not snappy, not a WriteRequest) leaves nothing behind. Within a request
// that can be read the emulator does what Cortex, the software behind AMP, does
// (distributor and ingester of github.com/cortexproject/cortex): every sample
// is judged by itself, the good ones are stored, and the answer is 400 with the
// words of the first refusal, or 429 if that is one series too many. A series
// with too many labels or with one sample that is too old is refused whole, as
// Cortex' distributor does. A 200 means that every sample of the request was
// stored, with one exception that is the TSDB's own: a second value for the
// time of an out-of-order sample is dropped.
package dataplane
