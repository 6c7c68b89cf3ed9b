package vectors

import "fmt"

// dates is relative dates at the ends of months, all in UTC at noon.
func dates() File {
	f := File{
		Name: "dates.json", Schema: everyType,
		About: "Relative dates: inLast is today-N < d <= today, inNext today <= d < today+N, ago d <= today-N, ahead d > today+N, anniversaryWithin the first d + k years (k >= 1) that is >= today is < today+N. Months and years clamp to the end of the month.",
	}
	for _, c := range []struct{ today, op, span, d, want, why string }{
		{"2026-03-10", "inLast", `"days":1`, "2026-03-10", "yes", "the last day is today"},
		{"2026-03-10", "inLast", `"days":1`, "2026-03-09", "no", "and not yesterday"},
		{"2026-03-10", "inLast", `"days":1`, "2026-03-11", "no", "nor tomorrow"},
		{"2026-03-10", "inLast", `"weeks":2`, "2026-02-25", "yes", "a week is seven days: 13 days ago"},
		{"2026-03-10", "inLast", `"weeks":2`, "2026-02-24", "no", "14 days ago is out"},
		{"2026-03-31", "inLast", `"months":1`, "2026-03-01", "yes", "31 March - 1 month is 28 February"},
		{"2026-03-31", "inLast", `"months":1`, "2026-02-28", "no", "which is itself out"},
		{"2024-03-31", "inLast", `"months":1`, "2024-02-29", "no", "in a leap year it is 29 February"},
		{"2026-03-01", "inLast", `"months":1`, "2026-02-02", "yes", "1 March - 1 month is 1 February"},
		{"2026-03-01", "inLast", `"months":1`, "2026-02-01", "no", "out"},
		{"2024-02-29", "inLast", `"years":1`, "2023-03-01", "yes", "29 February - 1 year is 28 February"},
		{"2024-02-29", "inLast", `"years":1`, "2023-02-28", "no", "out"},
		{"2024-02-29", "inLast", `"months":12`, "2023-02-28", "no", "twelve months are a year"},
		{"2026-01-15", "inLast", `"months":13`, "2024-12-16", "yes", "over the turns of two years"},
		{"2026-01-15", "inLast", `"months":13`, "2024-12-15", "no", "out"},

		{"2026-03-10", "inNext", `"days":1`, "2026-03-10", "yes", "the next day is today"},
		{"2026-03-10", "inNext", `"days":1`, "2026-03-11", "no", "and not tomorrow"},
		{"2026-03-10", "inNext", `"days":1`, "2026-03-09", "no", "nor yesterday"},
		{"2026-01-31", "inNext", `"months":1`, "2026-02-27", "yes", "31 January + 1 month is 28 February"},
		{"2026-01-31", "inNext", `"months":1`, "2026-02-28", "no", "which is itself out; 3 March would be wrong"},
		{"2024-01-31", "inNext", `"months":1`, "2024-02-28", "yes", "in a leap year it is the 29th"},
		{"2024-01-31", "inNext", `"months":1`, "2024-02-29", "no", "out"},
		{"2024-01-31", "inNext", `"months":2`, "2024-03-30", "yes", "two months are counted from the 31st, not from the 29th"},
		{"2024-02-29", "inNext", `"years":1`, "2025-02-27", "yes", "29 February + 1 year is 28 February"},
		{"2024-02-29", "inNext", `"years":1`, "2025-02-28", "no", "out"},
		{"2024-02-29", "inNext", `"years":4`, "2028-02-28", "yes", "and four years on the 29th again"},
		{"1896-02-29", "inNext", `"years":4`, "1900-02-28", "no", "1900 was no leap year: 28 February 1900"},

		{"2026-03-10", "ago", `"days":1`, "2026-03-09", "yes", "yesterday is a day ago"},
		{"2026-03-10", "ago", `"days":1`, "2026-03-10", "no", "today is not"},
		{"2026-03-31", "ago", `"months":1`, "2026-02-28", "yes", "clamped"},
		{"2026-03-31", "ago", `"months":1`, "2026-03-01", "no", "3 March would be wrong"},
		{"2024-02-29", "ago", `"years":1`, "2023-02-28", "yes", "clamped"},
		{"2025-02-28", "ago", `"years":1`, "2024-02-28", "yes", "a year ago to the day"},
		{"2025-02-28", "ago", `"years":1`, "2024-02-29", "no", "the 29th is a year ago from 1 March on"},
		{"2025-03-01", "ago", `"years":1`, "2024-02-29", "yes", "from then on"},
		{"2026-03-10", "ago", `"days":1`, "0001-01-01", "yes", "the first date there is"},

		{"2026-03-10", "ahead", `"days":1`, "2026-03-11", "no", "tomorrow is not more than a day ahead"},
		{"2026-03-10", "ahead", `"days":1`, "2026-03-12", "yes", "the day after is"},
		{"2026-01-31", "ahead", `"months":1`, "2026-02-28", "no", "clamped"},
		{"2026-01-31", "ahead", `"months":1`, "2026-03-01", "yes", "3 March would be wrong"},
		{"2026-03-10", "ahead", `"years":1`, "9999-12-31", "yes", "the last date there is"},

		{"2026-03-10", "anniversaryWithin", `"days":1`, "2020-03-10", "yes", "today"},
		{"2026-03-10", "anniversaryWithin", `"days":1`, "2020-03-11", "no", "tomorrow is not within one day"},
		{"2026-03-10", "anniversaryWithin", `"days":2`, "2020-03-11", "yes", "but within two"},
		{"2026-03-10", "anniversaryWithin", `"days":1`, "2020-03-09", "no", "yesterday returns in a year"},
		{"2026-03-10", "anniversaryWithin", `"days":1`, "2026-03-10", "no", "the day itself is no anniversary"},
		{"2026-03-10", "anniversaryWithin", `"days":365`, "2026-03-10", "no", "its first is a year away, and the window excludes its end"},
		{"2026-03-10", "anniversaryWithin", `"days":366`, "2026-03-10", "yes", "within 366 days it is"},
		{"2026-03-10", "anniversaryWithin", `"years":1`, "2026-03-10", "no", "a year from today is excluded"},
		{"2026-03-10", "anniversaryWithin", `"years":2`, "2027-03-01", "yes", "a date to come returns a year after itself: 1 March 2028 is before 10 March 2028"},
		{"2025-02-28", "anniversaryWithin", `"days":1`, "2024-02-29", "yes", "29 February returns on the 28th in common years"},
		{"2025-03-01", "anniversaryWithin", `"days":1`, "2024-02-29", "no", "and not on 1 March"},
		{"2028-02-29", "anniversaryWithin", `"days":1`, "2024-02-29", "yes", "and on the 29th in leap years"},
		{"2028-02-28", "anniversaryWithin", `"days":1`, "2024-02-29", "no", "not on the 28th then"},
		{"2028-02-28", "anniversaryWithin", `"days":1`, "2023-02-28", "yes", "the 28th returns on the 28th"},
		{"2026-12-31", "anniversaryWithin", `"days":2`, "2000-01-01", "yes", "over the turn of the year"},
	} {
		for _, sign := range []struct{ op, want string }{{c.op, c.want}, {"not" + upper(c.op), opposite[c.want]}} {
			f.Cases = append(f.Cases, Case{
				Name: fmt.Sprintf("%s: %s %s %s", c.today, c.d, sign.op, c.span), Why: c.why, Now: c.today + "T12:00:00Z", User: with("hired", quote(c.d)),
				Criteria: one(`{"kind":"field","field":"hired","op":%q,%s}`, sign.op, c.span), Want: sign.want,
			})
		}
	}
	return f
}

func upper(op string) string { return string(op[0]-'a'+'A') + op[1:] }
