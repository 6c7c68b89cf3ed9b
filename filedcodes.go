package groups

import "slices"

// filedCodes are what an index has in the place of numbers of a [Memory], from 1 on, as far as they were met.
type filedCodes []uint32 // one more than it has; 0 is nothing

func (f filedCodes) at(number uint32) (code uint32, met bool) {
	if number < uint32(len(f)) {
		code = f[number]
	}
	return code - 1, code != 0
}

// put has the code of a number; of 0, which is none, it has nothing.
func (f *filedCodes) put(number, code uint32) {
	if number == 0 {
		return
	}
	if more := int(number) + 1 - len(*f); more > 0 {
		*f = append(*f, make([]uint32, more)...)
	}
	(*f)[number] = code + 1
}

// filedFields finds the codes of a field's values, of people who have them in a list or not.
type filedFields struct {
	*dictionary
	name   string
	orders map[*fieldOrder]*filedField
}

// maxFieldOrders bounds how many orders are remembered: people written under many schemas have as many.
const maxFieldOrders = 16

// A filedField is a field in one order of lists.
type filedField struct {
	place int // -1: it has not the field
	codes filedCodes
}

func (f *filedFields) in(o *fieldOrder) *filedField {
	at := f.orders[o]
	if at == nil {
		if len(f.orders) == maxFieldOrders {
			clear(f.orders) // what is old lets go of its values
		}
		at = &filedField{place: -1}
		if o != nil {
			at.place = slices.Index(o.names, f.name)
		}
		f.orders[o] = at
	}
	return at
}

// codedTogether is of how many people the values are fetched before they are looked at.
const codedTogether = 64

// code numbers the values of people.
func (f *filedFields) code(people []person, codes []uint32) {
	for len(people) > 0 {
		order, n := people[0].order, 1
		for n < min(len(people), codedTogether) && people[n].order == order {
			n++
		}
		f.codeAlike(f.in(order), people[:n], codes)
		people, codes = people[n:], codes[n:]
	}
}

// codeAlike is code of people with lists in the same order. What it goes through twice it does so that the memory of
// one user is waited for along with that of the next.
func (f *filedFields) codeAlike(in *filedField, people []person, codes []uint32) {
	var values [codedTogether]filedValue
	for i := range people {
		if in.place >= 0 {
			values[i] = people[i].list[in.place]
		} else {
			values[i].Value = people[i].Fields[f.name]
		}
	}
	for i := range people {
		v, met := &values[i], false
		if codes[i], met = in.codes.at(v.number); !met {
			codes[i] = f.dictionary.code(v.Value)
			in.codes.put(v.number, codes[i])
		}
	}
}
