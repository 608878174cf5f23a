package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana/pkg/promlib/querydata"
	"google.golang.org/protobuf/proto"
)

// alone reads the answer on standard input and encodes its frames, again and again, and prints what that costs.
func alone() error {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body)), Header: http.Header{}}, nil
	})}
	queries, err := querydata.New(client, backend.DataSourceInstanceSettings{URL: "http://localhost", JSONData: []byte(`{}`)}, backend.Logger)
	if err != nil {
		return err
	}
	now := time.Now()
	request := &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: []byte(`{"refId":"A","expr":"up","range":true,"interval":"15s"}`),
		TimeRange: backend.TimeRange{From: now.Add(-time.Hour), To: now}, Interval: 15 * time.Second, MaxDataPoints: 11_000,
	}}}
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var resp *backend.QueryDataResponse
			if resp, err = queries.Execute(context.Background(), request); err == nil {
				err = resp.Responses["A"].Error
			}
			if err != nil {
				b.FailNow()
			}
			message, failed := backend.ToProto().QueryDataResponse(resp)
			if failed != nil {
				err = failed
				b.FailNow()
			}
			if _, err = proto.Marshal(message); err != nil {
				b.FailNow()
			}
		}
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]int64{
		"NsPerOp": result.NsPerOp(), "BytesPerOp": result.AllocedBytesPerOp(), "AllocsPerOp": result.AllocsPerOp(),
	})
}
