// White-box: see mutant_test.go.
package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/grouprules/groups"
)

// acting returns an apply that changes the acts.
func acting(m *groups.Memory, change func(acts []groups.Act) []groups.Act) func(context.Context, groups.Commit) error {
	return committing(m, func(c *groups.Commit) { c.Acts = change(c.Acts) })
}

var actMutants = []mutant{{
	"keeps acts as JSON documents", "every field of an act comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			for i := range acts {
				var b bytes.Buffer
				if json.Compact(&b, acts[i].Before) == nil {
					acts[i].Before = b.Bytes()
				}
			}
			return acts
		})}
	},
}, {
	"takes null for nothing", "every field of an act comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			for i := range acts {
				if string(acts[i].Before) == "null" {
					acts[i].Before = nil
				}
			}
			return acts
		})}
	},
}, {
	"rounds the times of acts", "every field of an act comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			for i := range acts {
				acts[i].At = acts[i].At.Truncate(time.Microsecond)
			}
			return acts
		})}
	},
}, {
	"keeps the cursor of the caller", "every field of an act comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) {
				a.Cursor = "of the caller"
				return true, true
			})
		}}
	},
}, {
	"orders acts by their clocks", "acts stand behind earlier ones, in their order, once",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return func(yield func(groups.Act, error) bool) {
				var all []groups.Act
				for a := range m.Acts(ctx, id, after) {
					all = append(all, a)
				}
				slices.SortStableFunc(all, func(a, b groups.Act) int { return a.At.Compare(b.At) })
				for _, a := range all {
					if !yield(a, nil) {
						return
					}
				}
			}
		}}
	},
}, {
	"writes the same act once", "acts stand behind earlier ones, in their order, once",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			return slices.CompactFunc(acts, func(a, b groups.Act) bool { return a.Group == b.Group && a.User == b.User && a.Do == b.Do })
		})}
	},
}, {
	"writes the acts of a commit backwards", "acts stand behind earlier ones, in their order, once",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			slices.Reverse(acts)
			return acts
		})}
	},
}, {
	"deletes the acts of a group", "the acts of a group outlive it",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) { return stored(m, a.Group).ID != "", true })
		}}
	},
}, {
	"finds no acts of a group that is gone", "the acts of a group outlive it",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(int, *groups.Act) (bool, bool) { return id == "" || stored(m, id).ID != "", true })
		}}
	},
}, {
	"shows the acts of the tenant everywhere", "acts about the whole tenant are in the whole audit only",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, "", after), func(_ int, a *groups.Act) (bool, bool) { return id == "" || a.Group == "" || a.Group == id, true })
		}}
	},
}, {
	"hands out its own acts", "what an act says can be written to",
	func(m *groups.Memory) *faulty {
		own := map[string]groups.Act{}
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) {
				if _, ok := own[a.Cursor]; !ok {
					own[a.Cursor] = *a
				}
				*a = own[a.Cursor]
				return true, true
			})
		}}
	},
}, {
	"shares the acts it was handed", "what an act says can be written to",
	func(m *groups.Memory) *faulty {
		var handed []groups.Act
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				handed = append(handed, c.Acts...)
				return m.Apply(ctx, c)
			},
			acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
				return each(m.Acts(ctx, id, after), func(n int, a *groups.Act) (bool, bool) {
					a.After = bytes.Clone(handed[n].After)
					return true, true
				})
			},
		}
	},
}, {
	"yields the act of the cursor again", "the audit goes on after every cursor",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			reached := after == ""
			return each(m.Acts(ctx, id, ""), func(_ int, a *groups.Act) (bool, bool) {
				reached = reached || a.Cursor == after
				return reached, true
			})
		}}
	},
}, {
	"counts the acts of each group apart", "the audit goes on after every cursor",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			from, _ := strconv.Atoi(after)
			return each(m.Acts(ctx, id, ""), func(n int, a *groups.Act) (bool, bool) {
				a.Cursor = strconv.Itoa(n + 1)
				return n >= from, true
			})
		}}
	},
}, {
	"shows later acts before earlier ones", "a reader who follows the audit while it is written misses nothing",
	func(m *groups.Memory) *faulty {
		late := belated(func(a *groups.Act) (string, bool) { return a.Cursor, a.Group == "g0" })
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return late(m.Acts(ctx, id, after))
		}}
	},
}, {
	"takes any text for the beginning of the audit", "text that is no cursor of the audit is an error",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			if drain(m.Acts(ctx, id, after)) != nil {
				after = ""
			}
			return m.Acts(ctx, id, after)
		}}
	},
}, {
	"asks for no cursor where there are no acts", "text that is no cursor of the audit is an error",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			if drain(m.Acts(ctx, id, "")) == nil && id == "never was" {
				after = ""
			}
			return m.Acts(ctx, id, after)
		}}
	},
}, {
	"ends acts with the first page", "acts and notes come once each, however many",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(n int, _ *groups.Act) (bool, bool) { return n < 1000, n < 1000 })
		}}
	},
}, {
	"asks the context of acts only between rows", "a cancelled context ends every stream, also an empty one",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return func(yield func(groups.Act, error) bool) {
				for a, err := range m.Acts(context.WithoutCancel(ctx), id, after) {
					if ctx.Err() != nil {
						err = ctx.Err()
					}
					if !yield(a, err) || err != nil {
						return
					}
				}
			}
		}}
	},
}, {
	"reads the acts of a group once", "acts and notes that are left early can be read again",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			read := false
			return func(yield func(groups.Act, error) bool) {
				if !read {
					read = id != ""
					m.Acts(ctx, id, after)(yield)
				}
			}
		}}
	},
}}
