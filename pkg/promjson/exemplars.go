package promjson

import (
	"io"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// ReadExemplars reads the answer of query_exemplars: one frame named exemplar, or none when there are no exemplars.
// Rows are in the order of time. Every label has a string field, in the order of names; an exemplar's own label goes
// before its series' label of the same name. Errors are those of ReadFrames.
func ReadExemplars(r io.Reader, o Options) (data.Frames, error) {
	a := answer{tokens: newTokens(r, 0)}
	var all []exemplar
	err := a.envelope('[', func() error {
		return a.elements(func() error {
			found, err := a.exemplarsOfSeries()
			all = append(all, found...)
			return err
		})
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	slices.SortStableFunc(all, func(x, y exemplar) int { return int(x.millis - y.millis) })
	return data.Frames{exemplarFrame(all, a, o)}, nil
}

type exemplar struct {
	sample
	series, own data.Labels
}

func (a *answer) exemplarsOfSeries() ([]exemplar, error) {
	var found []exemplar
	series := data.Labels{}
	err := a.object(map[string]func() error{
		"seriesLabels": func() error { return a.labels(series) },
		"exemplars": func() error {
			return a.array(func() error {
				e := exemplar{series: series, own: data.Labels{}}
				err := a.object(map[string]func() error{
					"labels": func() error { return a.labels(e.own) },
					"timestamp": func() (err error) {
						e.millis, err = a.timestamp()
						return err
					},
					"value": func() (err error) {
						e.value, err = a.float()
						return err
					},
				})
				found = append(found, e)
				return err
			})
		},
	})
	return found, err
}

func exemplarFrame(all []exemplar, a answer, o Options) *data.Frame {
	names := map[string]bool{}
	for _, e := range all {
		for name := range e.series {
			names[name] = true
		}
		for name := range e.own {
			names[name] = true
		}
	}
	f := data.NewFrame("exemplar",
		data.NewFieldFromFieldType(data.FieldTypeTime, len(all)), data.NewFieldFromFieldType(data.FieldTypeFloat64, len(all)))
	f.Fields[0].Name, f.Fields[1].Name = timeFieldName, valueFieldName
	for name := range names {
		field := data.NewFieldFromFieldType(data.FieldTypeString, len(all))
		field.Name = name
		f.Fields = append(f.Fields, field)
	}
	slices.SortFunc(f.Fields[2:], func(x, y *data.Field) int { return strings.Compare(x.Name, y.Name) })
	for i, e := range all {
		f.Fields[0].Set(i, timeOf(e.millis))
		f.Fields[1].Set(i, e.value)
		for _, field := range f.Fields[2:] {
			value, ok := e.own[field.Name]
			if !ok {
				value = e.series[field.Name]
			}
			field.Set(i, value)
		}
	}
	f.RefID = o.RefID
	f.Meta = &data.FrameMeta{
		Custom:  map[string]any{"resultType": "exemplar"},
		Notices: append(a.Warnings, a.Infos...),
	}
	return f
}
