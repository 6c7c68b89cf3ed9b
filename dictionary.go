package groups

import (
	"strconv"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
)

// A dictionary numbers values, from 1 on; what no condition tells apart has one number.
type dictionary struct {
	values  []Value // by number
	texts   map[string]uint32
	many    map[string]uint32 // of several texts or choices, spelt so that they can be told apart
	choices map[string]uint32
	numbers map[decimal.Decimal]uint32
	days    map[calendar.Day]uint32
	times   map[time.Time]uint32
	others  map[any]uint32
	spelt   []byte
	folded  map[string][]uint32 // the texts that do not fold to themselves, by what they fold to
	ordered []uint32            // by kind and value, all numbers up to one
	chosen  chosen
	blocks  []textBlock // of those of the ordered that are one text
}

func newDictionary() *dictionary {
	return &dictionary{
		values: make([]Value, 1), texts: map[string]uint32{}, many: map[string]uint32{}, choices: map[string]uint32{},
		numbers: map[decimal.Decimal]uint32{}, days: map[calendar.Day]uint32{}, times: map[time.Time]uint32{}, others: map[any]uint32{},
		folded: map[string][]uint32{}, chosen: chosen{with: map[string][]uint32{}},
	}
}

func (d *dictionary) code(v Value) uint32 {
	switch data := v.data.(type) {
	case textValue:
		if len(data) == 1 {
			before := len(d.values)
			code := numbered(d, d.texts, data[0].exact, v)
			if item := &data[0]; int(code) == before && item.key != item.exact {
				d.folded[item.key] = append(d.folded[item.key], code)
			}
			return code
		}
		d.spelt = append(d.spelt[:0], 't')
		for i := range data {
			d.spell(data[i].exact)
		}
	case choiceValue:
		if len(data) == 1 {
			before := len(d.values)
			code := numbered(d, d.choices, data[0], v)
			if int(code) == before {
				d.chosen.put(code, data)
			}
			return code
		}
		d.spelt = append(d.spelt[:0], 'c')
		for _, id := range data {
			d.spell(id)
		}
	case decimal.Decimal:
		return numbered(d, d.numbers, data, v)
	case calendar.Day:
		return numbered(d, d.days, data, v)
	case time.Time:
		return numbered(d, d.times, data, v)
	default: // unknown, empty, bool
		return numbered(d, d.others, data, v)
	}
	if code, ok := d.many[string(d.spelt)]; ok {
		return code
	}
	code := numbered(d, d.many, string(d.spelt), v)
	if options, is := v.data.(choiceValue); is {
		d.chosen.put(code, options)
	}
	return code
}

// spell writes a text behind its length.
func (d *dictionary) spell(s string) {
	d.spelt = strconv.AppendInt(d.spelt, int64(len(s)), 10)
	d.spelt = append(append(d.spelt, ':'), s...)
}

func numbered[K comparable](d *dictionary, in map[K]uint32, key K, v Value) uint32 {
	code, ok := in[key]
	if !ok {
		code = uint32(len(d.values))
		in[key] = code
		d.values = append(d.values, v)
	}
	return code
}

// bytes is a guess at what the maps take; the values are the host's.
func (d *dictionary) bytes() int {
	n := 68 * len(d.values)
	for i := range d.blocks {
		n += d.blocks[i].bytes()
	}
	return n
}
