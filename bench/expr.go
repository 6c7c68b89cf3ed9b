package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/grouprules/groups/bench/workload"
)

// keptEnvs is for how many users the peers that need a map for each keep one.
const keptEnvs = 20_000

// An exprEnv is the map of one user, made once. gaps: something is Unknown.
type exprEnv struct {
	vars map[string]any
	gaps bool
}

// newExpr is the peer in expr-lang. It has no third truth value. A condition is written so that it is
// false where its field is Unknown; users with gaps are asked twice, whether the rule holds for certain
// and whether it may hold, which takes "known" in a condition's place where it is needed. Negation stands
// only before conditions, so this is Kleene's logic exactly; users without gaps are asked once.
func newExpr(w *workload.World) (Peer, error) {
	pool := sync.Pool{New: func() any { return new(vm.VM) }}
	typed := expr.Env(exprVars(w, 0, &w.Users[0]))
	compile := func(source string) (func(*exprEnv) (bool, error), error) {
		program, err := expr.Compile(source, typed, expr.AsBool())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		return func(e *exprEnv) (bool, error) {
			v := pool.Get().(*vm.VM)
			defer pool.Put(v)
			yes, err := v.Run(program, e.vars)
			if err != nil {
				return false, err
			}
			return yes.(bool), nil
		}, nil
	}
	return newRows(w, 0, keptEnvs, language[*exprEnv]{
		env: func(user int32, u *workload.User) *exprEnv {
			return &exprEnv{exprVars(w, user, u), u.Gaps() || w.Lines.Gap[user]}
		},
		compile: func(c *workload.Criteria) (func(*exprEnv) (workload.Verdict, error), error) {
			plain, err := compile(exprCriteria(w, c, exprPlain))
			if err != nil {
				return nil, err
			}
			certain, err := compile(exprCriteria(w, c, exprCertain))
			if err != nil {
				return nil, err
			}
			possible, err := compile(exprCriteria(w, c, exprPossible))
			if err != nil {
				return nil, err
			}
			return func(e *exprEnv) (workload.Verdict, error) {
				if !e.gaps {
					yes, err := plain(e)
					return verdict(yes), err
				}
				if yes, err := certain(e); yes || err != nil {
					return workload.Yes, err
				}
				if may, err := possible(e); may || err != nil {
					return workload.Unsure, err
				}
				return workload.No, nil
			}, nil
		},
	})
}

// exprVars are a user's variables. An Unknown text is one that no condition is about.
func exprVars(w *workload.World, user int32, u *workload.User) map[string]any {
	known := map[string]bool{"unit": u.Unit != workload.Unknown, "line": !w.Lines.Gap[user], "done": !u.NoCourses}
	vars := map[string]any{"known": known, "unit": int(u.Unit), "line": int(w.Lines.Lo[user])}
	if u.Unit >= 0 {
		vars["unit"] = int(w.Units.Lo[u.Unit])
	}
	for i, code := range u.Fields {
		f := workload.Field(i)
		known[f.String()] = code != workload.Unknown
		switch f {
		case workload.Title, workload.City, workload.Email, workload.Country, workload.Grade:
			text := workload.Fold(workload.Text(f, code))
			if code == workload.Unknown {
				text = "\x00"
			}
			vars[f.String()] = text
		case workload.Skills:
			has := map[string]bool{}
			for _, id := range skillIDs(max(0, code)) {
				has[id] = true
			}
			vars["skills"], vars["skill_count"] = has, len(has)
			if code == workload.Unknown {
				vars["skill_count"] = -1
			}
		default:
			vars[f.String()] = int(code)
		}
	}
	done, manual := map[string]bool{}, map[string]bool{}
	for _, r := range u.Courses {
		if r.Done != workload.Empty {
			done[workload.Course(r.Course)] = true
		}
	}
	for _, g := range u.Manual {
		manual[string(manualID(g))] = true
	}
	vars["done"], vars["manual"] = done, manual
	return vars
}

// An exprForm is one of the three ways in which a rule is written.
type exprForm int

const (
	exprPlain exprForm = iota
	exprCertain
	exprPossible
)

func exprCriteria(w *workload.World, c *workload.Criteria, form exprForm) string {
	return join(c, " and ", " or ", func(c *workload.Condition) string {
		source, of := exprCondition(w, c), about(c)
		switch {
		case c.Negated && form == exprCertain && of != "manual":
			return "(not " + source + " and known." + of + ")"
		case c.Negated:
			return "not " + source
		case form == exprPossible && of != "manual":
			return "(" + source + " or not known." + of + ")"
		}
		return source
	})
}

// join writes criteria in a language with the two operators.
func join(c *workload.Criteria, and, or string, condition func(*workload.Condition) string) string {
	operator := map[bool]string{false: and, true: or}
	sets := make([]string, len(c.Sets))
	for i := range c.Sets {
		parts := make([]string, len(c.Sets[i].Conditions))
		for j := range parts {
			parts[j] = condition(&c.Sets[i].Conditions[j])
		}
		sets[i] = "(" + strings.Join(parts, operator[c.Sets[i].Any]) + ")"
	}
	return strings.Join(sets, operator[c.Any])
}

// about names what of a user a condition looks at.
func about(c *workload.Condition) string {
	switch c.Kind {
	case workload.InUnit:
		return "unit"
	case workload.Under:
		return "line"
	case workload.Completed:
		return "done"
	case workload.MemberOf:
		return "manual"
	}
	return c.Field.String()
}

func exprCondition(w *workload.World, c *workload.Condition) string {
	of := about(c)
	switch c.Kind {
	case workload.InUnit:
		return within(of, spansOf(w.Units, c.Nodes, 0), " and ", " or ")
	case workload.Under:
		return within(of, spansOf(w.Lines, c.Nodes, 1), " and ", " or ")
	case workload.Completed:
		if c.Need > 1 && c.Need < len(c.Codes) {
			return "(" + strings.Join(mapped(c.Codes, func(n int32) string {
				return fmt.Sprintf("(%q in done ? 1 : 0)", workload.Course(n))
			}), " + ") + fmt.Sprintf(" >= %d)", c.Need)
		}
		return inMap(mapped(c.Codes, workload.Course), of, c.Need == 1, " and ", " or ")
	case workload.MemberOf:
		return inMap(mapped(c.Codes, func(n int32) string { return string(manualID(n)) }), of, true, " and ", " or ")
	case workload.IncludesAny, workload.IncludesAll:
		return inMap(skillIDs(c.Mask), of, c.Kind == workload.IncludesAny, " and ", " or ")
	case workload.Between:
		return within(of, spans{{c.From, c.To}}, " and ", " or ")
	case workload.IsEmpty:
		return "(" + emptiness(c.Field) + ")"
	case workload.Contains:
		return fmt.Sprintf("(%s contains %q)", of, c.Part)
	case workload.StartsWith:
		return fmt.Sprintf("(%s startsWith %q)", of, c.Part)
	case workload.EndsWith:
		return fmt.Sprintf("(%s endsWith %q)", of, c.Part)
	}
	return "(" + isOne(c) + ")"
}

// isOne is the test for one of several values, as expr and CEL write it.
func isOne(c *workload.Condition) string {
	if c.Field == workload.Remote {
		return fmt.Sprintf("remote == %d", c.Codes[0])
	}
	values := mapped(c.Codes, func(code int32) string { return strconv.Quote(workload.Fold(workload.Text(c.Field, code))) })
	if len(values) == 1 {
		return c.Field.String() + " == " + values[0]
	}
	return c.Field.String() + " in [" + strings.Join(values, ", ") + "]"
}

// emptiness is the test of Empty, as expr and CEL write it.
func emptiness(f workload.Field) string {
	switch f {
	case workload.Title, workload.City, workload.Email, workload.Country, workload.Grade:
		return f.String() + ` == ""`
	case workload.Skills:
		return "skill_count == 0"
	}
	return fmt.Sprintf("%s == %d", f, workload.Empty)
}

// within is the test for one of several ranges.
func within(of string, ranges spans, and, or string) string {
	return "(" + strings.Join(mapped(ranges, func(s span) string {
		if s.to == workload.Most {
			return fmt.Sprintf("%s >= %d", of, s.from)
		}
		return fmt.Sprintf("(%s >= %d%s%s <= %d)", of, s.from, and, of, s.to)
	}), or) + ")"
}

// inMap is the test for one, or all, of several keys.
func inMap(keys []string, of string, any bool, and, or string) string {
	operator := and
	if any {
		operator = or
	}
	return "(" + strings.Join(mapped(keys, func(k string) string { return fmt.Sprintf("%q in %s", k, of) }), operator) + ")"
}
