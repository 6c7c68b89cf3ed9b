package groups

import "strings"

// A textBlock is texts of a dictionary side by side, folded, so that a condition on parts of them goes through memory
// from one end to the other.
type textBlock struct {
	text  string
	ends  []int    // where each of them ends
	codes []uint32 // their numbers
}

// block makes a block of the texts among the values.
func (d *dictionary) block(codes []uint32) textBlock {
	var b textBlock
	size := 0
	for _, code := range codes {
		if data, is := d.values[code].data.(*textValue); is && len(data.items) == 1 {
			size += len(data.items[0].key)
			b.codes = append(b.codes, code)
		}
	}
	var text strings.Builder
	text.Grow(size)
	b.ends = make([]int, len(b.codes))
	for i, code := range b.codes {
		text.WriteString(d.values[code].data.(*textValue).items[0].key)
		b.ends[i] = text.Len()
	}
	b.text = text.String()
	return b
}

// having are the texts in which the test finds one of its parts, of those that have a place in the order.
func (d *dictionary) having(t *textTest) (codes []uint32) {
	for i := range d.blocks {
		b, from := &d.blocks[i], 0
		for j, end := range b.ends {
			for _, part := range t.parts {
				if t.has(b.text[from:end], part) {
					codes = append(codes, b.codes[j])
					break
				}
			}
			from = end
		}
	}
	return codes
}

func (b *textBlock) bytes() int { return len(b.text) + 8*cap(b.ends) + 4*cap(b.codes) }
