package column_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/grouprules/groups/internal/column"
	"github.com/grouprules/groups/internal/userset"
)

const million = 1_000_000

func filled(codes int) *column.Column {
	c, r := new(column.Column), rand.New(rand.NewPCG(1, 2))
	c.Put(million-1, 0)
	for u := range uint32(million) {
		c.Put(u, uint32(r.IntN(codes)))
	}
	return c
}

// BenchmarkSelect finds users among a million, by their order and by going through all.
func BenchmarkSelect(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, codes := range []int{10, 6000, 500_000} {
		var tenth, scattered []uint32
		for i := range max(codes/10, 1) {
			tenth = append(tenth, uint32(codes/3+i))
		}
		for i := range min(200, codes) {
			scattered = append(scattered, uint32(i*(codes/min(200, codes))+r.IntN(codes/min(200, codes))))
		}
		c := filled(codes)
		for _, form := range []string{"scanned", "ordered"} {
			for _, p := range []struct {
				name  string
				codes []uint32
			}{{"one", []uint32{uint32(codes / 2)}}, {"tenth", tenth}, {"scattered200", scattered}} {
				pick, into := column.NewPick(p.codes), new(userset.Bits)
				b.Run(fmt.Sprintf("%s/codes%d/%s", form, codes, p.name), func(b *testing.B) {
					n := 0
					for b.Loop() {
						n = 0
						for k := range million/userset.Chunk + 1 {
							n += c.Select(k, pick, into)
						}
					}
					b.ReportMetric(float64(n), "users")
				})
			}
			c.Tidy()
		}
	}
}

func BenchmarkTidy(b *testing.B) {
	for _, codes := range []int{10, 6000, 500_000} {
		c := filled(codes)
		b.Run(fmt.Sprintf("codes%d", codes), func(b *testing.B) {
			for b.Loop() {
				for u := uint32(0); u < million; u += userset.Chunk {
					c.Put(u, 1-min(c.Code(u), 1))
				}
				c.Tidy()
			}
			b.ReportMetric(float64(c.Bytes())/million, "bytes/user")
		})
	}
}

func BenchmarkPut(b *testing.B) {
	for b.Loop() {
		filled(6000)
	}
}
