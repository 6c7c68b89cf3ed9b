package userset_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/grouprules/groups/internal/userset"
)

// sets are one of each form, of a whole chunk.
func sets() map[string]*userset.Set {
	all := make(map[string]*userset.Set)
	r := rand.New(rand.NewPCG(3, 4))
	for name, in := range map[string]int{"nobody": 0, "list100": 100, "list500": 500, "bits": 30_000} {
		b := new(userset.Bits)
		for range in {
			b.Set(uint16(r.IntN(userset.Chunk)))
		}
		s := new(userset.Set)
		s.Put(0, b, userset.Chunk)
		all[name] = s
	}
	b := new(userset.Bits)
	b.Fill(userset.Chunk)
	all["everybody"] = new(userset.Set)
	all["everybody"].Put(0, b, userset.Chunk)
	return all
}

func BenchmarkHas(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	var users [1024]uint32
	for i := range users {
		users[i] = uint32(r.IntN(userset.Chunk))
	}
	for name, s := range sets() {
		b.Run(name, func(b *testing.B) {
			n := 0
			for i := 0; b.Loop(); i++ {
				if s.Has(users[i%len(users)]) {
					n++
				}
			}
		})
	}
}

func BenchmarkCombine(b *testing.B) {
	x := new(userset.Bits)
	for name, s := range sets() {
		for op, do := range map[string]func(){
			"Load": func() { s.Load(0, x) }, "And": func() { s.And(0, x) }, "AndNot": func() { s.AndNot(0, x) },
			"Or": func() { s.Or(0, x) }, "OrNot": func() { s.OrNot(0, x, userset.Chunk) }, "Xor": func() { s.Xor(0, x) },
		} {
			b.Run(fmt.Sprintf("%s/%s", op, name), func(b *testing.B) {
				for b.Loop() {
					do()
				}
			})
		}
	}
}

func BenchmarkBits(b *testing.B) {
	x, y := new(userset.Bits), new(userset.Bits)
	for name, do := range map[string]func(){
		"And": func() { x.And(y) }, "Count": func() { x.Count() }, "Empty": func() { x.Empty() },
		"Reset": func() { x.Reset() }, "Fill": func() { x.Fill(userset.Chunk) }, "Complement": func() { x.Complement(userset.Chunk) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(userset.Chunk / 8)
			for b.Loop() {
				do()
			}
		})
	}
}

func BenchmarkPut(b *testing.B) {
	x := new(userset.Bits)
	for name, s := range sets() {
		s.Load(0, x)
		y, t := *x, new(userset.Set)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				t.Put(0, &y, userset.Chunk)
			}
		})
	}
}

func BenchmarkFlip(b *testing.B) {
	for name, s := range sets() {
		b.Run(name, func(b *testing.B) {
			for i := uint32(0); b.Loop(); i++ {
				u := i / 2 * 7919 % userset.Chunk
				if !s.Remove(u) {
					s.Add(u)
				}
			}
		})
	}
}
