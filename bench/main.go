// Command bench measures the library against what people would use instead, on the same people and rules,
// and fails where their answers differ. See the README beside it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	jobNames := flags.String("job", "full", "the jobs, of full, change, count, check, fill and import, with commas between them")
	userList := flags.String("users", "10000", "how many users, or several numbers")
	groupList := flags.String("groups", "100", "how many groups, or several numbers")
	peerNames := flags.String("peers", "", "the peers, with commas between them; blank is all of them")
	runs := flags.Int("runs", 5, "how often each thing is measured")
	budget := flags.Duration("budget", 20*time.Second, "for how long one peer may be at one thing; slow ones do a part of it")
	seed := flags.Uint64("seed", 1, "of the people and the rules")
	svg := flags.String("svg", "", "a directory for plots of cost against users and against groups")
	if err := flags.Parse(args); err != nil {
		return err
	}
	users, err := numbers(*userList)
	if err != nil {
		return err
	}
	groups, err := numbers(*groupList)
	if err != nil {
		return err
	}
	chosen, err := choose(*peerNames)
	if err != nil {
		return err
	}
	asked := func(name string) bool { // of importers, of which one is no peer
		return name == "encoding/csv" || slices.ContainsFunc(chosen, func(c contender) bool { return c.name == name })
	}
	s := settings{runs: max(1, *runs), budget: *budget, seed: *seed}
	fmt.Printf("%s, %d cores, %s, seed %d, %d runs, %v a peer and thing\n", processor(), runtime.GOMAXPROCS(0), runtime.Version(), s.seed, s.runs, s.budget)

	var reports []*report
	for _, n := range users {
		for _, g := range groups {
			start := time.Now()
			w := workload.New(n, g, s.seed)
			fmt.Printf("\n%s\n", describe(w, time.Since(start)))
			for _, name := range strings.Split(*jobNames, ",") {
				r, err := measure(ctx, s, w, name, chosen, asked)
				if r != nil {
					r.write(os.Stdout)
					reports = append(reports, r)
				}
				if err != nil {
					return err
				}
			}
		}
	}
	if *svg == "" {
		return nil
	}
	return draw(*svg, reports, users, groups)
}

// measure does one job at one size with all peers. What was measured is reported also with an error.
func measure(ctx context.Context, s settings, w *workload.World, name string, chosen []contender, asked func(string) bool) (*report, error) {
	r := &report{job: name, users: len(w.Users), groups: len(w.Groups)}
	if name == "import" {
		r.groups = 0
		return r, importFile(ctx, s, w, asked, r)
	}
	all := jobs()
	i := slices.IndexFunc(all, func(j job) bool { return j.name == name })
	if i < 0 {
		return nil, fmt.Errorf("no job is called %q", name)
	}
	var errs []error
	for _, c := range chosen {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		// The others are measured all the same: which peer is wrong shows in who agrees.
		errs = append(errs, all[i].measure(ctx, s, w, c, r))
	}
	return r, errors.Join(errs...)
}

func numbers(list string) ([]int, error) {
	var all []int
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no size", text)
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// describe says what a world is like.
func describe(w *workload.World, took time.Duration) string {
	conditions, members, gaps := 0, 0, 0
	for g := range w.Groups {
		conditions += w.Groups[g].Conditions()
		members += len(w.Members[g])
	}
	for i := range w.Users {
		if w.Users[i].Gaps() {
			gaps++
		}
	}
	n, g := float64(len(w.Users)), float64(len(w.Groups))
	return fmt.Sprintf("%s users (%.1f %% with something unknown), %s groups of %.1f conditions and %.1f %% of the users; %s changed; made in %v",
		thousands(len(w.Users)), 100*float64(gaps)/n, thousands(len(w.Groups)), float64(conditions)/g, 100*float64(members)/g/n,
		thousands(len(w.Changed)), took.Round(time.Millisecond))
}

// processor is what the system calls it.
func processor() string {
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}

// draw writes a plot for each job against users, at the most groups, and against groups, at the most
// users, where there are several.
func draw(dir string, reports []*report, users, groups []int) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, axis := range []struct {
		name  string
		sizes []int
		size  func(*report) int
		other func(*report) bool
		fixed string
	}{
		{"users", users, func(r *report) int { return r.users }, func(r *report) bool { return r.groups == 0 || r.groups == groups[len(groups)-1] }, thousands(groups[len(groups)-1]) + " groups"},
		{"groups", groups, func(r *report) int { return r.groups }, func(r *report) bool { return r.users == users[len(users)-1] }, thousands(users[len(users)-1]) + " users"},
	} {
		if len(axis.sizes) < 2 {
			continue
		}
		byJob := map[string]*plot{}
		for _, r := range reports {
			if axis.other(r) && axis.size(r) > 0 {
				if byJob[r.job] == nil {
					byJob[r.job] = &plot{title: fmt.Sprintf("%s: median time against %s (%s)", r.job, axis.name, axis.fixed), x: axis.name}
				}
				byJob[r.job].add(float64(axis.size(r)), r)
			}
		}
		for job, p := range byJob {
			f, err := os.Create(filepath.Join(dir, job+"-"+axis.name+".svg"))
			if err != nil {
				return err
			}
			if err := errors.Join(p.write(f), f.Close()); err != nil {
				return err
			}
		}
	}
	return nil
}

// add takes the lines of a report at one size into the curves.
func (p *plot) add(size float64, r *report) {
	for i := range r.lines {
		l := &r.lines[i]
		if len(l.sample) == 0 {
			continue
		}
		name := l.peer + ", " + l.what
		at := slices.IndexFunc(p.curves, func(c curve) bool { return c.name == name })
		if at < 0 {
			at = len(p.curves)
			p.curves = append(p.curves, curve{name: name})
		}
		p.curves[at].points = append(p.curves[at].points, point{size, l.sample.median()})
		p.curves[at].dashed = p.curves[at].dashed || l.scaled
	}
}
