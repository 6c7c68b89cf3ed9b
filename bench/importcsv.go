package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// openCSVRead only reads, with the records' memory used again: nobody who uses the package is faster.
func openCSVRead(context.Context, string) (importing, error) {
	return importing{
		read: func(_ context.Context, file string) ([]string, error) {
			return nil, eachRecord(file, func([]string) error { return nil })
		},
		close: func() error { return nil },
	}, nil
}

func eachRecord(file string, take func([]string) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	if _, err := r.Read(); err != nil { // the header
		return err
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = take(record)
		}
		if err != nil {
			return err
		}
	}
}

// A csvUser is a typed row.
type csvUser struct {
	texts  [5]string
	skills uint32
	hired  int64
	seen   int64
	pay    float64
	remote int8
	unit   string
}

// openCSVDiff is what somebody writes by hand: cells parsed by type, compared with a map of the users.
func openCSVDiff(_ context.Context, before string) (importing, error) {
	stored := map[string]csvUser{}
	shared := map[string]string{}
	err := eachRecord(before, func(record []string) error {
		u, err := csvTyped(record)
		for i, s := range u.texts {
			if _, ok := shared[s]; !ok && i != int(workload.Email) {
				shared[strings.Clone(s)] = strings.Clone(s)
			}
			if u.texts[i] = strings.Clone(s); i != int(workload.Email) {
				u.texts[i] = shared[s]
			}
		}
		u.unit = strings.Clone(u.unit)
		stored[strings.Clone(record[0])] = u
		return err
	})
	return importing{
		read: func(_ context.Context, file string) ([]string, error) {
			differ := []string{}
			err := eachRecord(file, func(record []string) error {
				u, err := csvTyped(record)
				if old, ok := stored[record[0]]; !ok || old != u {
					differ = append(differ, strings.Clone(record[0]))
				}
				return err
			})
			slices.Sort(differ)
			return differ, err
		},
		close: func() error { return nil },
	}, err
}

// csvTyped reads the cells of a record, blank ones as zero.
func csvTyped(record []string) (u csvUser, err error) {
	failed := func(e error) {
		if e != nil {
			err = errors.Join(err, fmt.Errorf("user %s: %w", record[0], e))
		}
	}
	copy(u.texts[:], record[1:6])
	if cell := record[1+workload.Skills]; cell != "" {
		for id := range strings.SplitSeq(cell, ";") {
			bit, e := strconv.Atoi(id[1:])
			failed(e)
			u.skills |= 1 << bit
		}
	}
	if cell := record[1+workload.Hired]; cell != "" {
		t, e := time.Parse(time.DateOnly, cell)
		failed(e)
		u.hired = t.Unix()
	}
	if cell := record[1+workload.Seen]; cell != "" {
		t, e := time.Parse(time.RFC3339, cell)
		failed(e)
		u.seen = t.Unix()
	}
	if cell := record[1+workload.Pay]; cell != "" {
		n, e := strconv.ParseFloat(cell, 64)
		failed(e)
		u.pay = n
	}
	if cell := record[1+workload.Remote]; cell != "" {
		yes, e := strconv.ParseBool(cell)
		failed(e)
		u.remote = int8(1 + truth(yes))
	}
	u.unit = record[1+workload.Fields]
	return u, err
}
