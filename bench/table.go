package main

import (
	"fmt"
	"io"
	"strings"
)

// A line is what one peer took for one thing.
type line struct {
	peer, what string
	ranAt      string // blank: all of it
	scaled     bool   // the times are for all of it, by what a part took
	sample     sample
	against    []string
	allocs     float64 // an operation, or unmeasured
	answers    string
	skipped    string // the reason; there are no times then
}

// unmeasured is no number of allocations.
const unmeasured = -1

// A report is the lines of one job at one size, the library's among them.
type report struct {
	job           string
	users, groups int
	lines         []line
	holds         []holding
	counted       map[countedFor]tally
}

// A holding is what a peer holds: once loaded, and what working has added to that.
type holding struct {
	peer           string
	load           float64 // nanoseconds
	loaded, worked memory
	index          memory // of both, where it can be told from the data
}

// median is the library's, or 0.
func (r *report) median(peer, what string) float64 {
	for i := range r.lines {
		if l := &r.lines[i]; l.peer == peer && l.what == what && len(l.sample) > 0 {
			return l.sample.median()
		}
	}
	return 0
}

// write prints the report as tables in Markdown.
func (r *report) write(out io.Writer) {
	fmt.Fprintf(out, "\n### %s: %s users, %s groups\n\n", r.job, thousands(r.users), thousands(r.groups))
	cells := [][]string{{"peer", "what", "min", "median", "p99", "max", "times the library", "allocs", "ran at", "answers"}}
	for i := range r.lines {
		l := &r.lines[i]
		if l.skipped != "" {
			cells = append(cells, []string{l.peer, l.what, "", "", "", "", "", "", "", l.skipped})
			continue
		}
		sign := ""
		if l.scaled {
			sign = "≈ "
		}
		p99 := ""
		if len(l.sample) >= 50 { // of fewer it would be the maximum
			p99 = sign + spelt(l.sample.at(0.99))
		}
		allocs := ""
		if l.allocs != unmeasured {
			allocs = fmt.Sprintf("%.1f", l.allocs)
		}
		cells = append(cells, []string{
			l.peer, l.what, sign + spelt(l.sample[0]), sign + spelt(l.sample.median()), p99, sign + spelt(l.sample.at(1)),
			r.ratios(l), allocs, l.ranAt, l.answers,
		})
	}
	markdown(out, cells)
	if len(r.holds) == 0 {
		return
	}
	fmt.Fprintln(out)
	cells = [][]string{{"peer", "loaded in", "heap", "resident", "heap bytes a user", "heap added by working", "resident added", "of the heap the index"}}
	for _, h := range r.holds {
		index := ""
		if h.index.heap > 0 {
			index = fmt.Sprintf("%s, %s bytes a user", megabytes(h.index.heap), thousands(h.index.heap/r.users))
		}
		cells = append(cells, []string{
			h.peer, spelt(h.load), megabytes(h.loaded.heap), megabytes(h.loaded.resident), thousands(h.loaded.heap / r.users),
			megabytes(h.worked.heap), megabytes(h.worked.resident), index,
		})
	}
	markdown(out, cells)
}

// ratios are how many times as long as the library's each the line's median is.
func (r *report) ratios(l *line) string {
	var all []string
	for _, what := range l.against {
		if base := r.median("groups", what); base > 0 {
			all = append(all, digits(l.sample.median()/base))
		}
	}
	return strings.Join(all, " / ")
}

// markdown prints a table whose columns stand under each other.
func markdown(out io.Writer, cells [][]string) {
	width := make([]int, len(cells[0]))
	for _, c := range cells {
		for i, text := range c {
			width[i] = max(width[i], len([]rune(text)))
		}
	}
	for n, c := range cells {
		for i, text := range c {
			fmt.Fprintf(out, "| %-*s ", width[i], text)
		}
		fmt.Fprintln(out, "|")
		if n == 0 {
			for _, w := range width {
				fmt.Fprintf(out, "|%s", strings.Repeat("-", w+2))
			}
			fmt.Fprintln(out, "|")
		}
	}
}
