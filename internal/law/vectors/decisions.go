package vectors

import "fmt"

// decisions is the two tables of section 4 in full: "the first case that fits decides".
func decisions() File {
	f := File{
		Name:  "decisions.json",
		About: "The two total functions of section 4, every input. bit: what the automatic bit becomes. decide: how the user is in; before counts only where the activation is unknown and active and deactivated would differ.",
	}
	each := []bool{false, true}
	for _, stored := range each {
		for _, absent := range each {
			for _, frozen := range each {
				for _, kind := range []string{"manual", "automatic"} {
					for _, verdict := range []string{"unknown", "no", "yes"} {
						c := BitCase{stored, absent, frozen, kind, verdict, true}
						switch {
						case absent, frozen, verdict == "unknown":
							c.Want = stored
						case kind == "manual", verdict == "no":
							c.Want = false
						}
						f.Bit = append(f.Bit, c)
					}
				}
			}
		}
	}
	for _, absent := range each {
		for _, activation := range []string{"unknown", "active", "deactivated"} {
			for _, policy := range []string{"keep", "dropAutomatic", "dropAll"} {
				for _, assigned := range each {
					for _, excluded := range each {
						for _, automatic := range each {
							for _, before := range []string{"outside", "manual", "automatic"} {
								c := DecideCase{absent, activation, policy, assigned, excluded, automatic, before, ""}
								c.Want = c.end()
								f.Decide = append(f.Decide, c)
							}
						}
					}
				}
			}
		}
	}
	return f
}

// end is the second table.
func (c DecideCase) end() string {
	if c.Activation == "unknown" {
		active, deactivated := c, c
		active.Activation, deactivated.Activation = "active", "deactivated"
		if active.end() != deactivated.end() {
			return c.Before
		}
		return active.end()
	}
	switch {
	case c.Absent:
		return "outside"
	case c.Activation == "deactivated" && c.Policy == "dropAll":
		return "outside"
	case c.Assigned:
		return "manual"
	case c.Excluded:
		return "outside"
	case c.Activation == "deactivated" && c.Policy == "dropAutomatic":
		return "outside"
	case c.Automatic:
		return "automatic"
	}
	return "outside"
}

// groupsAndStatus is conditions on memberships, activation and expiry.
func groupsAndStatus() File {
	f := File{
		Name:  "groups-and-status.json",
		About: "Conditions on groups combine the answers of several groups like conditions; a group that cannot answer (inactive, missing, on a cycle, the user undecided there) is unknown. Activation and expiry are two independent facts.",
	}
	for _, row := range []struct{ a, b, any, all string }{
		{"yes", "no", "yes", "no"},
		{"yes", "unknown", "yes", "unknown"},
		{"no", "unknown", "unknown", "no"},
		{"no", "no", "no", "no"},
		{"yes", "yes", "yes", "yes"},
		{"unknown", "unknown", "unknown", "unknown"},
	} {
		for _, q := range []struct{ op, want string }{{"memberOfAny", row.any}, {"memberOfAll", row.all}} {
			f.Cases = append(f.Cases, both(Case{
				Name: fmt.Sprintf("%s %s and %s", q.op, row.a, row.b), Why: "several groups combine by Kleene's logic", User: User{ID: "u"},
				Memberships: []Membership{{"g1", false, row.a}, {"g2", false, row.b}}, Want: q.want,
			}, `{"kind":"group",%s}`, fmt.Sprintf(`"op":%q,"groups":["g1","g2"]`, q.op))...)
		}
	}
	f.Cases = append(f.Cases, both(Case{
		Name: "or below", Why: "orBelow is another question", User: User{ID: "u"}, Want: "yes",
		Memberships: []Membership{{"g1", false, "no"}, {"g1", true, "yes"}},
	}, `{"kind":"group",%s}`, `"op":"memberOfAny","groups":["g1"],"orBelow":true`)...)
	for _, row := range []struct{ activation, expiry, active, deactivated, expired, activeOrExpired, both string }{
		{"active", "current", "yes", "no", "no", "yes", "yes"},
		{"active", "expired", "yes", "no", "yes", "yes", "yes"},
		{"active", "", "yes", "no", "unknown", "yes", "yes"},
		{"deactivated", "current", "no", "yes", "no", "no", "yes"},
		{"deactivated", "expired", "no", "yes", "yes", "yes", "yes"},
		{"deactivated", "", "no", "yes", "unknown", "unknown", "yes"},
		{"", "current", "unknown", "unknown", "no", "unknown", "unknown"},
		{"", "expired", "unknown", "unknown", "yes", "yes", "unknown"},
		{"", "", "unknown", "unknown", "unknown", "unknown", "unknown"},
	} {
		for _, q := range []struct{ statuses, want string }{
			{`"active"`, row.active}, {`"deactivated"`, row.deactivated}, {`"expired"`, row.expired},
			{`"active","expired"`, row.activeOrExpired}, {`"active","deactivated"`, row.both},
		} {
			f.Cases = append(f.Cases, both(Case{
				Name: fmt.Sprintf("%s %s is %s", row.activation, row.expiry, q.statuses),
				Why:  "two independent facts; what is unknown stays unknown, even where every answer would do",
				User: User{ID: "u", Activation: row.activation, Expiry: row.expiry}, Want: q.want,
			}, `{"kind":"status",%s}`, fmt.Sprintf(`"op":"is","statuses":[%s]`, q.statuses))...)
		}
	}
	return f
}
