package groups_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// benchmarkPeople are two files of the same n people in twelve columns of every type, values as skewed as
// in life. A hundredth of the rows of the second have another title, city or grade.
func benchmarkPeople(n int) (before, after []byte) {
	var old, fresh bytes.Buffer
	const header = "id,email,title,city,grade,hired,seen,pay,remote,unit,boss,status\n"
	old.WriteString(header)
	fresh.WriteString(header)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		title, city, grade := skewed(r, 3000), skewed(r, 2000), skewed(r, 12)
		hired := time.Date(2010, 1, 1+r.IntN(5800), 0, 0, 0, 0, time.UTC)
		seen := time.Date(2025, 1, 1, 0, r.IntN(500_000), 0, 0, time.UTC)
		rest := fmt.Sprintf("%s,%s,%d,%t,u%06d,p%07d,%s", hired.Format(time.DateOnly), seen.Format(time.RFC3339),
			20_000+100*skewed(r, 900), r.IntN(4) == 0, r.IntN(min(n/50, 20_000)), i/8, []string{"active", "left"}[skewed(r, 2)])
		row := func(title, city, grade int) string {
			return fmt.Sprintf("p%07d,person.%07d@example.org,Senior Engineer %d,City %d,g%d,%s\n", i, i, title, city, grade, rest)
		}
		old.WriteString(row(title, city, grade))
		if i%100 == 0 {
			switch i / 100 % 3 {
			case 0:
				title++
			case 1:
				city++
			default:
				grade = (grade + 1) % 12
			}
		}
		fresh.WriteString(row(title, city, grade))
	}
	return old.Bytes(), fresh.Bytes()
}

// BenchmarkPeopleCSV measures an import up to the point where it would be written: a file read, typed and
// compared with everybody stored, of whom a hundredth differs. The time encoding/csv takes in the same
// run just to split the file is what it is held against, the least of each, for other work on the machine only adds.
func BenchmarkPeopleCSV(b *testing.B) {
	o := groups.PeopleCSV{
		Key: "id", Manager: "boss", Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"left"}},
		Units: []groups.UnitColumn{{Tree: "org", Column: "unit"}},
		Fields: []groups.CSVField{
			fieldOf("grade", groups.TypeChoice), fieldOf("hired", groups.TypeDate), fieldOf("seen", groups.TypeInstant),
			fieldOf("pay", groups.TypeNumber), fieldOf("remote", groups.TypeBool),
		},
	}
	for _, rows := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			before, after := benchmarkPeople(rows)
			w := newTenant(b)
			w.load(b, string(before), o)
			before = nil
			b.SetBytes(int64(len(after)))
			b.ReportAllocs()
			var splitting, reading, planning time.Duration
			least := func(d *time.Duration, since time.Time) {
				if took := time.Since(since); *d == 0 || took < *d {
					*d = took
				}
			}
			for b.Loop() {
				b.StopTimer()
				start := time.Now()
				splitOnly(b, after)
				least(&splitting, start)
				b.StartTimer()
				start = time.Now()
				f, err := groups.ReadPeopleCSV(bytes.NewReader(after), &o)
				if err != nil {
					b.Fatal(err)
				}
				least(&reading, start)
				start = time.Now()
				p, err := w.ev.PlanImport(b.Context(), f)
				if err != nil {
					b.Fatal(err)
				}
				least(&planning, start)
				if len(p.Changed) != rows/100 || p.Unchanged != rows-rows/100 {
					b.Fatalf("%d changed, %d unchanged", len(p.Changed), p.Unchanged)
				}
			}
			perRow := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(rows) }
			b.ReportMetric(perRow(splitting), "encodingcsv-ns/row")
			b.ReportMetric(perRow(reading), "read-ns/row")
			b.ReportMetric(perRow(planning), "plan-ns/row")
			b.ReportMetric(float64(reading+planning)/float64(splitting), "x/encodingcsv")
		})
	}
}

func splitOnly(b *testing.B, file []byte) {
	r := csv.NewReader(bytes.NewReader(file))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
