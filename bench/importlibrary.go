package main

import (
	"context"
	"os"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/bench/workload"
)

// openLibraryImport has the library read a file and plan its import: typed, compared with everybody stored,
// with what is wrong with it. There are no groups: what they cost is the job of a full recalculation.
func openLibraryImport(ctx context.Context, before string) (importing, error) {
	store := groups.NewMemory()
	ev := groups.NewEvaluator(store, store, &groups.Options{Now: libraryNow, Guard: &groups.Guard{}, FeedGuard: &groups.FeedGuard{}})
	plan := func(ctx context.Context, name string) (*groups.ImportPlan, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		people, err := groups.ReadPeopleCSV(f, libraryCSV())
		if err != nil {
			return nil, err
		}
		return ev.PlanImport(ctx, people)
	}
	first, err := plan(ctx, before)
	if err == nil {
		_, err = ev.Import(ctx, first, "bench")
	}
	return importing{
		read: func(ctx context.Context, file string) ([]string, error) {
			p, err := plan(ctx, file)
			if err != nil {
				return nil, err
			}
			return mapped(p.Changed, func(id groups.UserID) string { return string(id) }), nil
		},
		close: func() error { return nil },
	}, err
}

func libraryCSV() *groups.PeopleCSV {
	o := &groups.PeopleCSV{Key: "id", Units: []groups.UnitColumn{{Tree: orgTree, Column: "unit"}}}
	for _, f := range librarySchema().Fields {
		c := groups.CSVField{Field: f}
		if f.Name == workload.Skills.String() {
			c.Separator = ";"
		}
		o.Fields = append(o.Fields, c)
	}
	return o
}
