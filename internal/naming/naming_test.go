package naming_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/grouprules/groups/internal/naming"
	"pgregory.net/rapid"
)

func TestANumberIsOfOneNameUntilThatIsDropped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names, model := naming.New[string](), map[string]uint32{}
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "key")) })
		type reader struct{ list, copied []string }
		var readers []reader
		most, eras := 0, []map[string]uint32{{}} // what was numbered in each era
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				k := key.Draw(t, "name")
				n := names.Add(k)
				if was, known := model[k]; known && n != was {
					t.Fatalf("%s has number %d, and had %d", k, n, was)
				}
				model[k] = n
				if most = max(most, len(model)); int(n) >= most {
					t.Fatalf("%s has number %d, and there were never more than %d names", k, n, most)
				}
			},
			"grow": func(t *rapid.T) { names.Grow(rapid.IntRange(0, 100).Draw(t, "names")) },
			"drop": func(t *rapid.T) {
				if len(model) == 0 {
					return
				}
				k := rapid.SampledFrom(slices.Sorted(maps.Keys(model))).Draw(t, "name")
				names.Drop(k)
				delete(model, k)
			},
			"read": func(*rapid.T) {
				// Numbers that are free when the list is made may be given to others.
				list := names.Keys()
				copied := make([]string, len(list))
				for k, n := range model {
					copied[n] = k
				}
				readers = append(readers, reader{list, copied})
			},
			"": func(t *rapid.T) {
				same(t, names, model)
				for len(eras) <= int(names.Era()) {
					eras = append(eras, map[string]uint32{})
				}
				era := eras[names.Era()]
				maps.Copy(era, model)
				if len(era) != len(model) {
					t.Fatalf("of those who had numbers in the same era, %v, there are only %v", era, model)
				}
			},
		})
		for _, r := range readers {
			for n, k := range r.copied {
				if k != "" && r.list[n] != k {
					t.Fatalf("a reader finds %q as number %d, and began with %q", r.list[n], n, k)
				}
			}
		}
	})
}

// Of so many some share all that is compared before the name is.
func TestManyNamesAreToldApart(t *testing.T) {
	const many = 300_000
	names, model := naming.New[string](), map[string]uint32{}
	for i := range many {
		model[fmt.Sprint(i)] = names.Add(fmt.Sprint(i))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		k := fmt.Sprint(random.IntN(many))
		if _, known := model[k]; known {
			names.Drop(k)
			delete(model, k)
		}
	}
	same(t, names, model)
	for i := range 1000 {
		if n, known := names.Find(fmt.Sprint("other ", i)); known {
			t.Fatalf("a name that nobody added has number %d", n)
		}
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// same compares with a map of the names that there are.
func same(t fataler, names *naming.Names[string], model map[string]uint32) {
	t.Helper()
	taken := map[uint32]string{}
	for k, n := range model {
		if other, is := taken[n]; is {
			t.Fatalf("%s and %s have number %d", k, other, n)
		}
		taken[n] = k
		if got, known := names.Find(k); !known || got != n || names.Keys()[n] != k {
			t.Fatalf("%s has number %d, %v, and not %d", k, got, known, n)
		}
	}
	for i := range 41 {
		k := fmt.Sprint(i)
		if _, is := model[k]; is {
			continue
		}
		if n, known := names.Find(k); known {
			t.Fatalf("%s has number %d, and is not there", k, n)
		}
	}
}

func TestToFindANameDoesNotAllocate(t *testing.T) {
	names := naming.New[string]()
	names.Add("a")
	if n := testing.AllocsPerRun(100, func() {
		names.Find("a")
		names.Find("b")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFind(b *testing.B) {
	const many = 1_000_000
	names, all := naming.New[string](), map[string]uint32{}
	list := make([]string, many)
	for i := range list {
		list[i] = fmt.Sprintf("u%07d", i)
		all[list[i]] = names.Add(list[i])
	}
	for _, among := range []int{2000, many} {
		r := rand.New(rand.NewPCG(3, 4))
		asked := make([]string, 1<<16)
		for i := range asked {
			asked[i] = list[r.IntN(among)]
		}
		b.Run(fmt.Sprintf("among=%d", among), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				names.Find(asked[i%len(asked)])
			}
		})
		b.Run(fmt.Sprintf("among=%d/map", among), func(b *testing.B) {
			n := uint32(0)
			for i := 0; b.Loop(); i++ {
				n += all[asked[i%len(asked)]]
			}
		})
	}
}
