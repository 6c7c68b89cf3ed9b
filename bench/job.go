package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// A job measures a peer that was opened, and says what it found line by line.
type job struct {
	name   string
	things []string // what is measured, for a peer that is skipped
	run    func(ctx context.Context, m *measuring) error
}

func jobs() []job {
	return []job{
		{"full", []string{"warm"}, full},
		{"change", []string{"one", "batch"}, change},
		{"count", []string{"count"}, count},
		{"check", []string{"stored", "criteria"}, check},
		{"fill", []string{"fill"}, fill},
	}
}

// settings are what the flags say.
type settings struct {
	runs   int
	budget time.Duration // for one peer and thing
	seed   uint64
}

// measuring is one peer at one job.
type measuring struct {
	settings
	w      *workload.World
	c      contender
	peer   Peer
	report *report
	worked func() // looks at the memory, once the peer has worked for the first time
}

// size is everybody and all groups.
func (m *measuring) size() Range { return Range{len(m.w.Users), len(m.w.Groups)} }

// kept is for how many users the peer can answer.
func (m *measuring) kept() int {
	if k, ok := m.peer.(interface{ Kept() int }); ok {
		return k.Kept()
	}
	return len(m.w.Users)
}

// add files a line.
func (m *measuring) add(l line) {
	l.peer = m.c.name
	m.report.lines = append(m.report.lines, l)
}

// ErrDisagreement is wrapped by the error for a peer that answers otherwise than the others.
var ErrDisagreement = errors.New("the answers disagree")

// measure opens one peer, has it do the job and closes it. What it cannot do is in the report; an error is
// one of the bench, or a disagreement.
func (j *job) measure(ctx context.Context, s settings, w *workload.World, c contender, r *report) (err error) {
	skip := func(why string) {
		for _, what := range j.things {
			r.lines = append(r.lines, line{peer: c.name, what: what, skipped: why})
		}
	}
	before := hold()
	start := time.Now()
	peer, err := c.open(ctx, w)
	if err != nil {
		if errors.Is(err, errors.ErrUnsupported) {
			skip("skipped: " + err.Error())
			return nil
		}
		skip("FAILED")
		return fmt.Errorf("open %s: %w", c.name, err)
	}
	defer func() { err = errors.Join(err, peer.Close()) }()
	h := holding{peer: c.name, load: since(start)}
	loaded := hold()
	h.loaded = loaded.minus(before)
	m := &measuring{settings: s, w: w, c: c, peer: peer, report: r}
	m.worked = func() { h.worked = hold().minus(loaded) }
	if err := j.run(ctx, m); err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			skip("FAILED")
			return fmt.Errorf("%s: %s: %w", j.name, c.name, err)
		}
		skip("skipped: " + err.Error())
	}
	if s, is := peer.(Stopper); is {
		all := hold()
		s.Stop()
		h.index = all.minus(hold())
	}
	r.holds = append(r.holds, h)
	return nil
}

// compare checks moves against those expected and returns their hash.
func compare(got, want []Move) (string, error) {
	if err := disagreement(sorted(got), want); err != nil {
		return "", fmt.Errorf("%w: %w", ErrDisagreement, err)
	}
	return fmt.Sprintf("%s of %s moves", hashOf(want), thousands(len(want))), nil
}

// part writes the range that a peer ran at, where that is not all.
func (m *measuring) part(r Range) string {
	if r == m.size() {
		return ""
	}
	return fmt.Sprintf("%s × %s", thousands(r.Users), thousands(r.Groups))
}

// scale is how many times the range goes into everything.
func (m *measuring) scale(r Range) float64 {
	all := m.size()
	return float64(all.Users) / float64(r.Users) * float64(all.Groups) / float64(r.Groups)
}
