package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// An importer reads a file of people with twelve columns and says who is other than in the file before.
type importer struct {
	name, what string
	// open takes in the file before.
	open func(ctx context.Context, before string) (importing, error)
}

// importing is one that was opened. read returns the users who differ, ascending; nil where it only reads.
type importing struct {
	read  func(ctx context.Context, file string) ([]string, error)
	close func() error
}

func importers() []importer {
	return append([]importer{
		{"groups", "typed, diff", openLibraryImport},
		{"encoding/csv", "read only", openCSVRead},
		{"encoding/csv", "typed, diff", openCSVDiff},
	}, duckDBImport()...)
}

// csvColumns are the columns: the ID, the ten fields and the unit.
func csvColumns() []string {
	columns := []string{"id"}
	for f := range workload.Fields {
		columns = append(columns, f.String())
	}
	return append(columns, "unit")
}

// csvRecord is the row of a user. A file cannot say that something is Unknown: that is a blank cell too.
func csvRecord(user int32, u *workload.User) []string {
	record := make([]string, 0, workload.Fields+2)
	record = append(record, string(userID(user)))
	for i, code := range u.Fields {
		f := workload.Field(i)
		switch {
		case code < 0:
			record = append(record, "")
		case f <= workload.Grade:
			record = append(record, workload.Text(f, code))
		case f == workload.Skills:
			record = append(record, strings.Join(skillIDs(code), ";"))
		case f == workload.Hired:
			record = append(record, day(code).String())
		case f == workload.Seen:
			record = append(record, minute(code).Format(time.RFC3339))
		case f == workload.Remote:
			record = append(record, strconv.FormatBool(code == 1))
		default:
			record = append(record, strconv.Itoa(int(code)))
		}
	}
	if u.Unit < 0 {
		return append(record, "")
	}
	return append(record, unitID(u.Unit))
}

// importFile is the job of taking in people from a file of which a hundredth differs.
func importFile(ctx context.Context, s settings, w *workload.World, asked func(string) bool, r *report) error {
	dir, err := os.MkdirTemp("", "bench-csv-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	before, after := filepath.Join(dir, "before.csv"), filepath.Join(dir, "after.csv")
	want, err := writePeople(w, before, after)
	if err != nil {
		return err
	}
	for _, i := range importers() {
		if !asked(i.name) {
			continue
		}
		if err := i.measure(ctx, s, before, after, want, r); err != nil {
			return fmt.Errorf("import: %s: %w", i.name, err)
		}
	}
	return nil
}

func (i *importer) measure(ctx context.Context, s settings, before, after string, want []string, r *report) (err error) {
	begun, start := hold(), time.Now()
	o, err := i.open(ctx, before)
	if errors.Is(err, errors.ErrUnsupported) {
		r.lines = append(r.lines, line{peer: i.name, what: i.what, skipped: "skipped: " + err.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	h := holding{peer: i.name + ", " + i.what, load: since(start)}
	loaded := hold()
	h.loaded = loaded.minus(begun)
	var times []float64
	answers := ""
	for range s.runs {
		runtime.GC() // a file does not pay for the one before, and finds its memory
		start := time.Now()
		differ, err := o.read(ctx, after)
		times = append(times, since(start))
		if err != nil {
			return err
		}
		if differ == nil {
			continue
		}
		if !slices.Equal(differ, want) {
			return fmt.Errorf("%w: %d users differ and not %d", ErrDisagreement, len(differ), len(want))
		}
		a := newAnswer()
		for _, id := range differ {
			a.Write([]byte(id))
		}
		answers = a.String()
	}
	h.worked = hold().minus(loaded)
	r.holds = append(r.holds, h)
	r.lines = append(r.lines, line{peer: i.name, what: i.what, sample: newSample(times...), against: []string{"typed, diff"}, allocs: unmeasured, answers: answers})
	return nil
}

// writePeople writes both files and returns who differs.
func writePeople(w *workload.World, before, after string) (differ []string, err error) {
	now := make(map[int32]*workload.User, len(w.Changed))
	for i := range w.Changed {
		now[w.Changed[i].User] = &w.Changed[i].Now
	}
	old, err := os.Create(before)
	if err != nil {
		return nil, err
	}
	defer old.Close()
	fresh, err := os.Create(after)
	if err != nil {
		return nil, err
	}
	defer fresh.Close()
	oldFile, freshFile := csv.NewWriter(old), csv.NewWriter(fresh)
	oldFile.Write(csvColumns())
	freshFile.Write(csvColumns())
	for i := range w.Users {
		record := csvRecord(int32(i), &w.Users[i])
		oldFile.Write(record)
		if u := now[int32(i)]; u != nil {
			changed := csvRecord(int32(i), u)
			if !slices.Equal(record, changed) {
				differ = append(differ, record[0])
			}
			record = changed
		}
		freshFile.Write(record)
	}
	oldFile.Flush()
	freshFile.Flush()
	return differ, errors.Join(oldFile.Error(), freshFile.Error())
}
