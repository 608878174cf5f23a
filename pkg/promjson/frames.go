package promjson

import (
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// Names of the fields in every frame of this kind; dashboards and transformations refer to them.
const (
	timeFieldName  = data.TimeSeriesTimeFieldName
	valueFieldName = data.TimeSeriesValueFieldName
	metricLabel    = "__name__"
	warningsFrame  = "Warnings"
)

// dataplane is the version of the frame types at which alerting trusts them without guessing.
var dataplane = data.FrameTypeVersion{0, 1}

// frames makes the answer's frames, at least one.
func (a *answer) frames(o Options) data.Frames {
	frames := make(data.Frames, 0, len(a.series))
	for _, s := range a.series {
		frames = append(frames, s.frames(a.Type, o)...)
	}
	if len(frames) == 0 {
		return a.Frames(o)
	}
	for _, f := range frames {
		f.RefID = o.RefID
	}
	a.Describe(frames[0].Meta, o)
	return frames
}

// Frames makes the one frame of an answer without series: a scalar's, a string's, or one without fields.
func (out *Outcome) Frames(o Options) data.Frames {
	var f *data.Frame
	switch out.Type {
	case scalarType:
		f = floatFrame(series{labels: data.Labels{}, floats: []sample{out.single}}, o)
		f.Meta = typedMeta(data.FrameTypeNumericMulti, dataplane, out.Type)
	case stringType:
		f = textFrame(out.single, o)
	default:
		f = emptyFrame(len(out.Warnings)+len(out.Infos) > 0)
	}
	f.RefID = o.RefID
	out.Describe(f.Meta, o)
	return data.Frames{f}
}

// frames is one frame of floats, one of histograms, or both where a series has both.
func (s series) frames(resultType string, o Options) data.Frames {
	var frames data.Frames
	if len(s.floats) > 0 || s.histograms == 0 {
		f := floatFrame(s, o)
		f.Meta = typedMeta(data.FrameTypeTimeSeriesMulti, dataplane, resultType)
		if resultType == vectorType {
			f.Meta.Type = data.FrameTypeNumericMulti
		}
		frames = append(frames, f)
	}
	if s.histograms > 0 {
		frames = append(frames, s.cellFrame(o))
	}
	return frames
}

func typedMeta(kind data.FrameType, version data.FrameTypeVersion, resultType string) *data.FrameMeta {
	return &data.FrameMeta{Type: kind, TypeVersion: version, Custom: map[string]any{"resultType": resultType}}
}

func emptyFrame(warned bool) *data.Frame {
	f := data.NewFrame("")
	if warned {
		f.Name = warningsFrame
	}
	f.Meta = &data.FrameMeta{}
	return f
}

func floatFrame(s series, o Options) *data.Frame {
	times := make([]time.Time, len(s.floats))
	values := make([]float64, len(s.floats))
	for i, f := range s.floats {
		times[i], values[i] = timeOf(f.millis), f.value
	}
	value := data.NewField(valueName(s.labels), s.labels, values)
	value.Config = displayName(s.labels, o)
	return data.NewFrame("", timeField(timeFieldName, times, o), value)
}

func textFrame(s sample, o Options) *data.Frame {
	value := data.NewField(valueFieldName, data.Labels{}, []string{s.text})
	value.Config = displayName(value.Labels, o)
	f := data.NewFrame("", timeField(timeFieldName, []time.Time{timeOf(s.millis)}, o), value)
	f.Meta = typedMeta(data.FrameTypeTimeSeriesMulti, data.FrameTypeVersion{}, stringType)
	return f
}

func (s series) cellFrame(o Options) *data.Frame {
	n := len(s.cells)
	times, layout := make([]time.Time, n), make([]int8, n)
	low, high, count := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, c := range s.cells {
		times[i], layout[i] = timeOf(c.millis), c.layout
		low[i], high[i], count[i] = c.min, c.max, c.count
	}
	xMax := timeField("xMax", times, o)
	xMax.Labels = s.labels
	yMin := data.NewField("yMin", s.labels, low)
	yMin.Config = displayName(s.labels, o)
	f := data.NewFrame("", xMax, yMin, data.NewField("yMax", s.labels, high), data.NewField("count", s.labels, count),
		data.NewField("yLayout", s.labels, layout))
	f.Meta = &data.FrameMeta{Type: "heatmap-cells"}
	return f
}

func timeOf(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

func timeField(name string, times []time.Time, o Options) *data.Field {
	f := data.NewField(name, nil, times)
	f.Config = &data.FieldConfig{Interval: float64(o.Step.Milliseconds())}
	return f
}

func valueName(labels data.Labels) string {
	if name, ok := labels[metricLabel]; ok {
		return name
	}
	return valueFieldName
}

// displayName is nil where the name is left to Grafana: an absent configuration is not an empty one.
func displayName(labels data.Labels, o Options) *data.FieldConfig {
	if o.Legend == nil {
		return nil
	}
	pairs := make([]Label, 0, len(labels))
	for name, value := range labels {
		pairs = append(pairs, Label{Name: []byte(name), Value: []byte(value)})
	}
	name := o.Legend(nil, pairs)
	if len(name) == 0 {
		return nil
	}
	return &data.FieldConfig{DisplayNameFromDS: string(name)}
}

// Describe adds to the first frame what is said once for all of them.
func (out *Outcome) Describe(meta *data.FrameMeta, o Options) {
	custom, _ := meta.Custom.(map[string]any)
	if custom == nil {
		custom = map[string]any{}
	}
	custom["calculatedMinStep"] = o.minStepMillis()
	if out.Stats != nil {
		custom["stats"] = out.Stats
		meta.Stats = queryStats(out.Stats)
	}
	meta.Custom = custom
	meta.ExecutedQueryString = o.executedQuery()
	meta.Notices = slices.Concat(out.Warnings, out.Infos)
}

// queryStats is what Grafana's inspector lists of the statistics.
func queryStats(stats any) []data.QueryStat {
	top, _ := stats.(map[string]any)
	samples, _ := top["samples"].(map[string]any)
	total, ok := samples["totalQueryableSamples"].(float64)
	if !ok {
		return nil
	}
	return []data.QueryStat{{FieldConfig: data.FieldConfig{DisplayName: "Total queryable samples"}, Value: total}}
}

// FloatPrototype is a frame of floats without rows and name, with empty labels: what all frames of a matrix or vector
// have in common.
func FloatPrototype(vector bool, o Options) *data.Frame {
	o.Legend = nil
	kind := matrixType
	if vector {
		kind = vectorType
	}
	f := series{labels: data.Labels{}}.frames(kind, o)[0]
	f.RefID = o.RefID
	return f
}

// CellPrototype is FloatPrototype for native histograms.
func CellPrototype(o Options) *data.Frame {
	o.Legend = nil
	f := series{labels: data.Labels{}}.cellFrame(o)
	f.RefID = o.RefID
	return f
}

// ValueName is what the value field of a series is called.
func ValueName(labels []Label) []byte {
	for _, l := range labels {
		if string(l.Name) == metricLabel {
			return l.Value
		}
	}
	return []byte(valueFieldName)
}
