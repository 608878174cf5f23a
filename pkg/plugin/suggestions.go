package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/query"
)

// suggestionsRequest is what @grafana/prometheus sends for ad-hoc filters and
// grouping of a dashboard: which labels, or which values of one, do the series
// of these queries have.
type suggestionsRequest struct {
	LabelName    string         `json:"labelName"`
	Queries      []string       `json:"queries"`
	Scopes       []query.Filter `json:"scopes"`
	AdhocFilters []query.Filter `json:"adhocFilters"`
	Start        scalar         `json:"start"`
	End          scalar         `json:"end"`
	Limit        scalar         `json:"limit"`
}

// scalar is a JSON number or text.
type scalar string

func (s *scalar) UnmarshalJSON(raw []byte) error {
	if text := string(bytes.Trim(raw, `"`)); text != "null" {
		*s = scalar(text)
	}
	return nil
}

func (d *DataSource) suggestions(ctx context.Context, c resourceCall) (*backend.CallResourceResponse, error) {
	var in suggestionsRequest
	if err := json.Unmarshal(c.body, &in); err != nil {
		return nil, refuse(http.StatusBadRequest, "the request can't be read: %s", err)
	}
	selectors, err := query.Selectors(in.Queries, in.Scopes, in.AdhocFilters)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%s", err)
	}
	params := url.Values{}
	if len(selectors) > 0 {
		params["match[]"] = selectors
	}
	for name, value := range map[string]scalar{"start": in.Start, "end": in.End, "limit": in.Limit} {
		if value != "" && value != "0" {
			params.Set(name, string(value))
		}
	}
	path := "labels"
	if in.LabelName != "" {
		// A label of other letters travels in Prometheus' escaped form.
		path = "label/" + escapeLabel(in.LabelName) + "/values"
	}
	return d.fetch(ctx, amp.Request{Path: path, Params: params})
}

func escapeLabel(name string) string {
	if model.LegacyValidation.IsValidLabelName(name) && !strings.HasPrefix(name, "U__") {
		return name
	}
	return model.EscapeName(name, model.ValueEncodingEscaping)
}
