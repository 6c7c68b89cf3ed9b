package main

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/grouprules/groups/bench/workload"
)

// A celEnv is the activation of one user: values that CEL need not convert. An Unknown one is not there.
// Asking for it is an error, and as && and || take errors, that is Kleene's logic exactly.
type celEnv struct{ vars map[string]ref.Val }

// ResolveName and Parent make it an activation.
func (e *celEnv) ResolveName(name string) (any, bool) {
	v, ok := e.vars[name]
	return v, ok
}

// Parent is none.
func (e *celEnv) Parent() cel.Activation { return nil }

func newCEL(w *workload.World) (Peer, error) {
	var options []cel.EnvOption
	for _, name := range []string{"title", "city", "email", "country", "grade"} {
		options = append(options, cel.Variable(name, cel.StringType))
	}
	for _, name := range []string{"skill_count", "hired", "seen", "pay", "remote", "unit", "line"} {
		options = append(options, cel.Variable(name, cel.IntType))
	}
	for _, name := range []string{"skills", "done", "manual"} {
		options = append(options, cel.Variable(name, cel.MapType(cel.StringType, cel.BoolType)))
	}
	options = append(options, cel.Variable("line_gap", cel.BoolType))
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, err
	}
	return newRows(w, 0, keptEnvs, language[*celEnv]{
		env: func(user int32, u *workload.User) *celEnv { return celVars(env.CELTypeAdapter(), w, user, u) },
		compile: func(c *workload.Criteria) (func(*celEnv) (workload.Verdict, error), error) {
			source := join(c, " && ", " || ", func(c *workload.Condition) string {
				if c.Negated {
					return "!" + celCondition(w, c)
				}
				return celCondition(w, c)
			})
			ast, issues := env.Compile(source)
			if issues.Err() != nil {
				return nil, fmt.Errorf("%s: %w", source, issues.Err())
			}
			program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
			if err != nil {
				return nil, err
			}
			return func(e *celEnv) (workload.Verdict, error) {
				switch v, _, err := program.Eval(e); {
				case err != nil && strings.Contains(err.Error(), "no such attribute"):
					return workload.Unsure, nil
				case err != nil:
					return workload.No, err
				default:
					return verdict(v == types.True), nil
				}
			}, nil
		},
	})
}

// celVars are the user's variables without the Unknown ones.
func celVars(adapter types.Adapter, w *workload.World, user int32, u *workload.User) *celEnv {
	plain := exprVars(w, user, u)
	known := plain["known"].(map[string]bool)
	e := &celEnv{make(map[string]ref.Val, len(plain))}
	for name, value := range plain {
		is, tells := known[name]
		switch {
		case name == "known", tells && !is && name != "line", name == "skill_count" && !known["skills"]:
		default:
			e.vars[name] = adapter.NativeToValue(value)
		}
	}
	if known["line"] {
		e.vars["line_gap"] = types.False
	}
	return e
}

func celCondition(w *workload.World, c *workload.Condition) string {
	of := about(c)
	switch c.Kind {
	case workload.InUnit:
		return within(of, spansOf(w.Units, c.Nodes, 0), " && ", " || ")
	case workload.Under:
		return "(" + within(of, spansOf(w.Lines, c.Nodes, 1), " && ", " || ") + " || line_gap)"
	case workload.Completed:
		if c.Need > 1 && c.Need < len(c.Codes) {
			return "(" + strings.Join(mapped(c.Codes, func(n int32) string {
				return fmt.Sprintf("(%q in done ? 1 : 0)", workload.Course(n))
			}), " + ") + fmt.Sprintf(" >= %d)", c.Need)
		}
		return inMap(mapped(c.Codes, workload.Course), of, c.Need == 1, " && ", " || ")
	case workload.MemberOf:
		return inMap(mapped(c.Codes, func(n int32) string { return string(manualID(n)) }), of, true, " && ", " || ")
	case workload.IncludesAny, workload.IncludesAll:
		return inMap(skillIDs(c.Mask), of, c.Kind == workload.IncludesAny, " && ", " || ")
	case workload.Between:
		return within(of, spans{{c.From, c.To}}, " && ", " || ")
	case workload.IsEmpty:
		return "(" + emptiness(c.Field) + ")"
	case workload.Contains:
		return fmt.Sprintf("(%s.contains(%q))", of, c.Part)
	case workload.StartsWith:
		return fmt.Sprintf("(%s.startsWith(%q))", of, c.Part)
	case workload.EndsWith:
		return fmt.Sprintf("(%s.endsWith(%q))", of, c.Part)
	}
	return "(" + isOne(c) + ")"
}
