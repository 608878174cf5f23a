package promjson

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

const good = `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"2"]]}]}}`

// refused are answers that no reader takes, by what is wrong with them.
var refused = map[string]string{
	"nothing":                    ``,
	"white space":                " \n",
	"null":                       `null`,
	"an array":                   `[]`,
	"a page":                     `<html>`,
	"trailing garbage":           good + `x`,
	"a second answer":            good + good,
	"trailing brace":             good + `}`,
	"no status":                  `{"data":{"resultType":"matrix","result":[]}}`,
	"another status":             `{"status":"maybe","data":{"resultType":"matrix","result":[]}}`,
	"status of another type":     `{"status":1,"data":{"resultType":"matrix","result":[]}}`,
	"no data":                    `{"status":"success"}`,
	"null data":                  `{"status":"success","data":null}`,
	"data of exemplars":          `{"status":"success","data":[]}`,
	"no result":                  `{"status":"success","data":{"resultType":"matrix"}}`,
	"null result":                `{"status":"success","data":{"resultType":"matrix","result":null}}`,
	"no result type":             `{"status":"success","data":{"result":[]}}`,
	"streams":                    `{"status":"success","data":{"resultType":"streams","result":[]}}`,
	"status twice":               `{"status":"error","status":"success","data":{"resultType":"matrix","result":[]}}`,
	"result twice":               `{"status":"success","data":{"resultType":"matrix","result":[],"result":[]}}`,
	"label twice":                `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b","\u0061":"c"},"value":[1,"2"]}]}}`,
	"label of another type":      `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"2"]}]}}`,
	"metric null":                `{"status":"success","data":{"resultType":"vector","result":[{"metric":null,"value":[1,"2"]}]}}`,
	"values in a vector":         `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"values":[[1,"2"]]}]}}`,
	"value in a matrix":          `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"value":[1,"2"]}]}}`,
	"value in a late matrix":     `{"status":"success","data":{"result":[{"metric":{},"value":[1,"2"]}],"resultType":"matrix"}}`,
	"values in a late vector":    `{"status":"success","data":{"result":[{"metric":{},"values":[[1,"2"]]}],"resultType":"vector"}}`,
	"both kinds in a late one":   `{"status":"success","data":{"result":[{"metric":{},"values":[[1,"2"]]},{"metric":{},"value":[1,"2"]}],"resultType":"vector"}}`,
	"a vector's empty series":    `{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}`,
	"series null":                `{"status":"success","data":{"resultType":"vector","result":[null]}}`,
	"scalar for a matrix":        `{"status":"success","data":{"resultType":"matrix","result":[1,"2"]}}`,
	"scalar for a late matrix":   `{"status":"success","data":{"result":[1,"2"],"resultType":"matrix"}}`,
	"matrix for a scalar":        `{"status":"success","data":{"resultType":"scalar","result":[{"metric":{}}]}}`,
	"scalar without value":       `{"status":"success","data":{"resultType":"scalar","result":[1]}}`,
	"empty scalar":               `{"status":"success","data":{"resultType":"scalar","result":[]}}`,
	"late empty scalar":          `{"status":"success","data":{"result":[],"resultType":"scalar"}}`,
	"scalar text":                `{"status":"success","data":{"resultType":"scalar","result":[1,"x"]}}`,
	"a number as value":          `{"status":"success","data":{"resultType":"scalar","result":[1,2]}}`,
	"a third element":            `{"status":"success","data":{"resultType":"scalar","result":[1,"2",3]}}`,
	"an empty value":             `{"status":"success","data":{"resultType":"scalar","result":[1,""]}}`,
	"value out of range":         `{"status":"success","data":{"resultType":"scalar","result":[1,"1e999"]}}`,
	"timestamp as string":        `{"status":"success","data":{"resultType":"scalar","result":["1","2"]}}`,
	"timestamp out of range":     `{"status":"success","data":{"resultType":"scalar","result":[9223372037,"2"]}}`,
	"timestamp of a huge power":  `{"status":"success","data":{"resultType":"scalar","result":[1e999,"2"]}}`,
	"timestamp with zeros first": `{"status":"success","data":{"resultType":"scalar","result":[01,"2"]}}`,
	"timestamp with a plus":      `{"status":"success","data":{"resultType":"scalar","result":[+1,"2"]}}`,
	"timestamp without decimals": `{"status":"success","data":{"resultType":"scalar","result":[1.,"2"]}}`,
	"timestamp only decimals":    `{"status":"success","data":{"resultType":"scalar","result":[.5,"2"]}}`,
	"timestamp not a number":     `{"status":"success","data":{"resultType":"scalar","result":[NaN,"2"]}}`,
	"bucket layout too large":    `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"buckets":[[128,"1","2","3"]]}]}]}}`,
	"bucket layout no integer":   `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"buckets":[[1.0,"1","2","3"]]}]}]}}`,
	"bucket too short":           `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"buckets":[[1,"1","2"]]}]}]}}`,
	"comma at the end":           `{"status":"success","data":{"resultType":"matrix","result":[],}}`,
	"comma before":               `{"status":"success","data":{"resultType":"matrix","result":[,{"metric":{}}]}}`,
	"two commas":                 `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{}},,{"metric":{}}]}}`,
	"no comma":                   `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{}} {"metric":{}}]}}`,
	"no colon":                   `{"status" "success"}`,
	"wrong bracket":              `{"status":"success","data":{"resultType":"matrix","result":[}}}`,
	"control character":          "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"\n\"},\"value\":[1,\"2\"]}]}}",
	"unknown escape":             `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"\x"},"value":[1,"2"]}]}}`,
	"half an escape":             `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"\u12"},"value":[1,"2"]}]}}`,
	"malformed unknown value":    `{"x":tru,"status":"success","data":{"resultType":"matrix","result":[]}}`,
	"malformed unknown number":   `{"x":[1,-],"status":"success","data":{"resultType":"matrix","result":[]}}`,
	"malformed unknown object":   `{"x":{"a":1,},"status":"success","data":{"resultType":"matrix","result":[]}}`,
	"single quotes":              `{'status':"success","data":{"resultType":"matrix","result":[]}}`,
	"warnings of another type":   `{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["a",1]}`,
	"endless nesting":            `{"x":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `,"status":"success","data":{"resultType":"matrix","result":[]}}`,
}

func TestRefuses(t *testing.T) {
	for name, body := range refused {
		t.Run(name, func(t *testing.T) {
			frames, err := ReadFrames(strings.NewReader(body), goldenOptions)
			require.Nil(t, frames)
			var format *FormatError
			require.ErrorAs(t, err, &format)
			require.LessOrEqual(t, format.Offset, int64(len(body)))
		})
	}
}

func TestRefusesEveryTruncation(t *testing.T) {
	for n := range len(good) {
		_, err := ReadFrames(strings.NewReader(good[:n]), goldenOptions)
		var format *FormatError
		require.ErrorAs(t, err, &format, "%d bytes", n)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.LessOrEqual(t, format.Offset, int64(n))
	}
}

func TestStatusError(t *testing.T) {
	for _, body := range []string{
		`{"status":"error","errorType":"bad_data","error":"1:5: parse error"}`,
		`{"error":"1:5: parse error","data":null,"errorType":"bad_data","status":"error"}`,
		`{"data":{"resultType":"matrix","result":[]},"errorType":"bad_data","error":"1:5: parse error","status":"error"}`,
	} {
		_, err := ReadFrames(strings.NewReader(body), goldenOptions)
		var status *StatusError
		require.ErrorAs(t, err, &status)
		require.Equal(t, StatusError{Type: "bad_data", Message: "1:5: parse error", Offset: int64(len(body))}, *status)
		require.EqualError(t, err, "bad_data: 1:5: parse error")
	}
}

func TestErrorOfTheBodyKeepsItsType(t *testing.T) {
	limit := errors.New("response limit")
	body := io.MultiReader(strings.NewReader(good[:60]), iotest.ErrReader(limit))
	_, err := ReadFrames(body, goldenOptions)
	require.ErrorIs(t, err, limit)
	require.ErrorContains(t, err, "byte")
}
