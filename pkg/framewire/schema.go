package framewire

import (
	"encoding/json"
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// Slots of the tables of Arrow's format, from its Schema.fbs, Message.fbs and File.fbs. Arrow's Go module has them as
// an internal package.
const (
	schemaFields, schemaMetadata, schemaSlots                             = 1, 2, 4
	fieldName, fieldTypeKind, fieldType, fieldMetadata, fieldSlots        = 0, 2, 3, 6, 7
	keyValueKey, keyValueValue, keyValueSlots                             = 0, 1, 2
	intBits, intSigned, intSlots                                          = 0, 1, 2
	floatPrecision, floatSlots                                            = 0, 1
	timestampUnit, timestampSlots                                         = 0, 2
	messageVersion, messageKind, messageHeader, messageBody, messageSlots = 0, 1, 2, 3, 5
	batchLength, batchNodes, batchBuffers, batchSlots                     = 0, 1, 2, 5
	footerVersion, footerSchema, footerDictionaries, footerBatches        = 0, 1, 2, 3
	footerSlots                                                           = 5
)

// Values of the format's enumerations.
const (
	version5        = 4
	kindSchema      = 1
	kindRecordBatch = 3
	typeInt         = 2
	typeFloat       = 3
	typeTimestamp   = 10
	unitNanosecond  = 3
	doublePrecision = 2
)

// schema writes the schema of a prototype as the SDK describes frames: names, labels and configurations are metadata.
// Labels vary wherever the prototype has some. Of a named frame the second field's configuration varies, and of one
// of floats its name.
func (b *builder) schema(proto *data.Frame, floats, named bool) (flatbuffers.UOffsetT, error) {
	fields := make([]flatbuffers.UOffsetT, len(proto.Fields))
	for i, f := range proto.Fields {
		name, config := fixed(f.Name), hole{}
		if i == 1 && floats {
			name = varying(nameText)
		}
		switch {
		case i == 1 && named:
			config = varying(displayText)
		case f.Config != nil:
			text, err := json.Marshal(f.Config)
			if err != nil {
				return 0, err
			}
			config = fixed(string(text))
		}
		var err error
		if fields[i], err = b.field(f, name, config); err != nil {
			return 0, err
		}
	}
	pairs := []pair{{"name", fixed(proto.Name)}, {"refId", fixed(proto.RefID)}}
	if proto.Meta != nil {
		meta, err := json.Marshal(proto.Meta)
		if err != nil {
			return 0, err
		}
		pairs = append(pairs, pair{"meta", fixed(string(meta))})
	}
	metadata := b.metadata(pairs)
	list := b.offsets(fields)
	b.StartObject(schemaSlots)
	b.PrependUOffsetTSlot(schemaFields, list, 0)
	b.PrependUOffsetTSlot(schemaMetadata, metadata, 0)
	return b.EndObject(), nil
}

// field writes one field. All are without nulls: a nullable one would come back as pointers.
func (b *builder) field(f *data.Field, name, config hole) (flatbuffers.UOffsetT, error) {
	kind, scriptType, err := columnType(f)
	if err != nil {
		return 0, err
	}
	pairs := []pair{{"tstype", fixed(scriptType)}}
	if f.Labels != nil {
		pairs = append(pairs, pair{"labels", varying(labelsText)})
	}
	if config != (hole{}) {
		pairs = append(pairs, pair{"config", config})
	}
	metadata := b.metadata(pairs)
	at := b.create(name)
	typeTable := b.columnType(kind, f)
	b.StartObject(fieldSlots)
	b.addText(fieldName, name, at)
	b.PrependByteSlot(fieldTypeKind, kind, 0)
	b.PrependUOffsetTSlot(fieldType, typeTable, 0)
	b.PrependUOffsetTSlot(fieldMetadata, metadata, 0)
	return b.EndObject(), nil
}

// columnType is Arrow's and the front end's type of a field.
func columnType(f *data.Field) (kind byte, scriptType string, err error) {
	switch f.Type() {
	case data.FieldTypeTime:
		return typeTimestamp, "time", nil
	case data.FieldTypeFloat64:
		return typeFloat, "number", nil
	case data.FieldTypeInt8:
		return typeInt, "number", nil
	default:
		return 0, "", fmt.Errorf("frames of series have no column of %s", f.Type())
	}
}

func (b *builder) columnType(kind byte, f *data.Field) flatbuffers.UOffsetT {
	switch kind {
	case typeTimestamp:
		b.StartObject(timestampSlots)
		b.PrependInt16Slot(timestampUnit, unitNanosecond, 0)
	case typeFloat:
		b.StartObject(floatSlots)
		b.PrependInt16Slot(floatPrecision, doublePrecision, 0)
	case typeInt:
		b.StartObject(intSlots)
		b.PrependInt32Slot(intBits, int32(8*width(f)), 0)
		b.PrependBoolSlot(intSigned, true, false)
	}
	return b.EndObject()
}

// width is the number of bytes a value takes in its column.
func width(f *data.Field) int {
	if f.Type() == data.FieldTypeInt8 {
		return 1
	}
	return 8
}

// pair is a key and a value of metadata.
type pair struct {
	key   string
	value hole
}

func (b *builder) metadata(pairs []pair) flatbuffers.UOffsetT {
	tables := make([]flatbuffers.UOffsetT, len(pairs))
	for i, p := range pairs {
		key, value := b.create(fixed(p.key)), b.create(p.value)
		b.StartObject(keyValueSlots)
		b.PrependUOffsetTSlot(keyValueKey, key, 0)
		b.addText(keyValueValue, p.value, value)
		tables[i] = b.EndObject()
	}
	return b.offsets(tables)
}

// offsets writes a vector of references.
func (b *builder) offsets(to []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	b.StartVector(4, len(to), 4)
	for i := len(to) - 1; i >= 0; i-- {
		b.PrependUOffsetT(to[i])
	}
	return b.EndVector(len(to))
}
