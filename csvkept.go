package groups

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

// What is kept of a file, row by row, is what makes an import slow where memory has to be asked of the system: so it is
// kept in few bytes, with no pointer in them, and nothing of the file around it.

// keptAtOnce is how many rows a page is of. Those after the last page are open: their memory is used again, and a page
// has as much as it needs.
const keptAtOnce = 1024

// keptTexts are texts by row, one behind the other.
type keptTexts struct {
	pages [][]byte
	open  []byte
	ends  keptNumbers // of each in its page
}

func (k *keptTexts) add(text []byte) {
	k.open = append(k.open, text...)
	if k.ends.add(uint64(len(k.open))); len(k.ends.open) == 0 {
		k.pages = append(k.pages, bytes.Clone(k.open))
		k.open = k.open[:0]
	}
}

func (k *keptTexts) len() int { return k.ends.len() }

// at is a text, which stays as it is until the next is added.
func (k *keptTexts) at(i int) []byte {
	page, start := k.open, uint64(0)
	if at := i / keptAtOnce; at < len(k.pages) {
		page = k.pages[at]
	}
	if i%keptAtOnce > 0 {
		start = k.ends.at(i - 1)
	}
	return page[start:k.ends.at(i)]
}

// keptNumbers are numbers by row, those of a page in as many bytes each as the largest needs.
type keptNumbers struct {
	pages []numberPage
	open  []uint64
}

type numberPage struct {
	bytes []byte
	shift uint8 // of the bytes that each has
}

func (k *keptNumbers) add(n uint64) {
	if k.open = append(k.open, n); len(k.open) == keptAtOnce {
		k.pages = append(k.pages, newNumberPage(k.open))
		k.open = k.open[:0]
	}
}

func newNumberPage(numbers []uint64) numberPage {
	var all uint64
	for _, n := range numbers {
		all |= n
	}
	p := numberPage{shift: uint8(bits.Len(uint(max(bits.Len64(all)-1, 0) / 8)))}
	var eight [8]byte
	p.bytes = slices.Grow(p.bytes, len(numbers)<<p.shift)
	for _, n := range numbers {
		binary.LittleEndian.PutUint64(eight[:], n)
		p.bytes = append(p.bytes, eight[:1<<p.shift]...)
	}
	return p
}

func (k *keptNumbers) len() int { return len(k.pages)*keptAtOnce + len(k.open) }

func (k *keptNumbers) at(i int) uint64 {
	page, i := i/keptAtOnce, i%keptAtOnce
	if page == len(k.pages) {
		return k.open[i]
	}
	p := &k.pages[page]
	switch p.shift {
	case 0:
		return uint64(p.bytes[i])
	case 1:
		return uint64(binary.LittleEndian.Uint16(p.bytes[2*i:]))
	case 2:
		return uint64(binary.LittleEndian.Uint32(p.bytes[4*i:]))
	}
	return binary.LittleEndian.Uint64(p.bytes[8*i:])
}
