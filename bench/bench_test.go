package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// small is what the tests measure with: what they look at is the answers.
func small() (settings, *workload.World) {
	return settings{runs: 1, budget: 40 * time.Millisecond, seed: 1}, workload.New(800, 40, 1)
}

// serverless are the peers for which nothing has to be started.
func serverless(t *testing.T) []contender {
	t.Helper()
	return slices.DeleteFunc(contenders(), func(c contender) bool { return strings.Contains(c.name, "postgres") })
}

func TestAllPeersAgreeOnEveryJob(t *testing.T) {
	s, w := small()
	for _, j := range jobs() {
		for _, c := range serverless(t) {
			r := &report{job: j.name, users: len(w.Users), groups: len(w.Groups)}
			if err := j.measure(t.Context(), s, w, c, r); err != nil {
				t.Error(err)
			}
			if len(r.lines) == 0 {
				t.Errorf("%s: %s has no line", j.name, c.name)
			}
		}
	}
	r := &report{job: "import", users: len(w.Users)}
	if err := importFile(t.Context(), s, w, func(string) bool { return true }, r); err != nil {
		t.Error(err)
	}
}

// The answers are worth comparing only where there are some: people move, some conditions are Unsure, and
// somebody stays a member for that alone.
func TestTheWorkloadHasWhatPeersCouldGetWrong(t *testing.T) {
	w := workload.New(5000, 100, 1)
	joins, leaves, unsure, kept := 0, 0, 0, 0
	for _, list := range [][]workload.Change{w.Changed, w.Events, w.Batch} {
		for _, m := range expected(w, list, Range{len(w.Users), len(w.Groups)}) {
			if m.Joined {
				joins++
			} else {
				leaves++
			}
		}
		for i := range list {
			for g := range w.Groups {
				if w.Verdict(&w.Groups[g], list[i].User, &list[i].Now) == workload.Unsure {
					if unsure++; w.IsMember(g, list[i].User) {
						kept++
					}
				}
			}
		}
	}
	if joins < 50 || leaves < 50 || unsure < 50 || kept < 5 {
		t.Errorf("%d joins, %d leaves, %d unsure, %d of them members", joins, leaves, unsure, kept)
	}
}

// liar is a peer whose first answer of a kind is wrong.
type liar struct {
	Peer
	about string
	users int
}

func (l *liar) Full(ctx context.Context, r Range) ([]Move, error) {
	moves, err := l.Peer.Full(ctx, r)
	if l.about == "full" {
		moves = moves[1:]
	}
	return moves, err
}

func (l *liar) Touched(ctx context.Context, users []int32, groups int) ([]Move, error) {
	moves, err := l.Peer.Touched(ctx, users, groups)
	if l.about == "change" {
		moves = append(moves, Move{1, users[0], true})
	}
	return moves, err
}

func (l *liar) Counting(c *workload.Criteria, users int) func(context.Context) (int, error) {
	count := l.Peer.Counting(c, users)
	return func(ctx context.Context) (int, error) {
		n, err := count(ctx)
		if l.about == "count" {
			n++
		}
		return n, err
	}
}

func (l *liar) Match(ctx context.Context, group, user int) (workload.Verdict, error) {
	v, err := l.Peer.Match(ctx, group, user)
	if l.about == "check" {
		v = v.Not()
	}
	return v, err
}

func (l *liar) Fill(context.Context, int) (int, error) {
	if l.about == "fill" {
		return l.users - 1, nil
	}
	return l.users, nil
}

func TestAWrongAnswerIsAFailureThatSaysWhere(t *testing.T) {
	s, w := small()
	for _, j := range jobs() {
		for _, about := range []string{j.name, "nothing"} {
			r := &report{job: j.name, users: len(w.Users), groups: len(w.Groups)}
			err := j.measure(t.Context(), s, w, contender{"liar", byUsers, func(context.Context, *workload.World) (Peer, error) {
				honest, err := newClosures(w, 1)
				return &liar{honest, about, len(w.Users)}, err
			}}, r)
			switch {
			case about == "nothing" && err != nil:
				t.Errorf("%s: an honest peer is refused: %v", j.name, err)
			case about == j.name && (!errors.Is(err, ErrDisagreement) || !strings.Contains(err.Error(), "liar") || !strings.Contains(err.Error(), " not ")):
				t.Errorf("%s: a lie passes, or nobody says where: %v", j.name, err)
			case about == j.name && !slices.ContainsFunc(r.lines, func(l line) bool { return l.skipped == "FAILED" }):
				t.Errorf("%s: the table does not show it: %+v", j.name, r.lines)
			}
		}
	}
}

func TestAPeerThatIsNotThereIsSkippedWithTheReason(t *testing.T) {
	s, w := small()
	r := &report{users: len(w.Users), groups: len(w.Groups)}
	for _, j := range jobs() {
		if err := j.measure(t.Context(), s, w, contender{"absent", uncut, func(context.Context, *workload.World) (Peer, error) {
			return nil, notOffered("no server is installed")
		}}, r); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	r.write(&out)
	if n := strings.Count(out.String(), "no server is installed"); n < len(jobs()) {
		t.Errorf("%d lines say why:\n%s", n, &out)
	}
}

// What ran on a part is shown as that, and as times for the whole.
func TestATableSaysWhatWasExtrapolated(t *testing.T) {
	r := &report{job: "full", users: 1000, groups: 10, lines: []line{
		{peer: "groups", what: "warm", sample: newSample(2e6, 1e6, 3e6), against: []string{"warm"}, allocs: unmeasured},
		{peer: "slow", what: "warm", ranAt: "100 × 10", scaled: true, sample: newSample(50e6), against: []string{"warm", "cold"}, allocs: unmeasured},
	}}
	var out bytes.Buffer
	r.write(&out)
	for _, want := range []string{"| 1.00 ms   | 2.00 ms   |", "≈ 50.0 ms", "| 25.0 ", "| 100 × 10 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}

func TestNumbersHaveThreeDigits(t *testing.T) {
	for ns, want := range map[float64]string{
		3.8: "3.80 ns", 104.2: "104 ns", 999.6: "1.00 µs", 12_345: "12.3 µs", 74.5e6: "74.5 ms", 26.9e9: "26.9 s", 1605e9: "1,605 s",
	} {
		if got := spelt(ns); got != want {
			t.Errorf("%v is %q and not %q", ns, got, want)
		}
	}
}

func TestAPlotIsXMLWithEveryCurve(t *testing.T) {
	p := &plot{title: "full: <time> & users", x: "users"}
	for _, users := range []int{1000, 10_000} {
		p.add(float64(users), &report{users: users, lines: []line{
			{peer: "groups", what: "warm", sample: newSample(float64(users))},
			{peer: "expr", what: "warm", scaled: true, sample: newSample(5000 * float64(users))},
			{peer: "absent", what: "warm", skipped: "skipped"},
		}})
	}
	var out bytes.Buffer
	if err := p.write(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for d := xml.NewDecoder(&out); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(text, "<polyline"); n != 2 {
		t.Errorf("%d curves", n)
	}
	for _, want := range []string{"groups, warm", "expr, warm", "10,000", "full: &lt;time&gt; &amp; users"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the plot", want)
		}
	}
}
