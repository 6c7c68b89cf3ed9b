package vectors

import "fmt"

// zones is where dates turn.
func zones() File {
	f := File{
		Name: "zones.json", Schema: everyType,
		About: "Today is the date of now in the zone; an instant compares with a date operand, and in every relative operator, by its date in the zone, and with an instant operand as an instant. Days of 23 and 25 hours, skipped midnights, a skipped date and a date that begins twice.",
	}
	// Which date an instant has in a zone. Each row is asked three ways: as now, as an instant on a date, and as an
	// instant in the last day when now is the same instant.
	for _, c := range []struct{ at, zone, date, why string }{
		{"2026-03-10T23:30:00Z", "UTC", "2026-03-10", "half an hour before midnight"},
		{"2026-03-10T23:30:00Z", "Europe/Amsterdam", "2026-03-11", "an hour ahead: half past midnight"},
		{"2026-03-10T23:30:00Z", "America/New_York", "2026-03-10", "evening"},
		{"2026-03-10T02:00:00Z", "America/New_York", "2026-03-09", "still the evening before"},
		{"2026-03-10T18:29:59Z", "Asia/Kolkata", "2026-03-10", "half hours: a second before midnight"},
		{"2026-03-10T18:30:00Z", "Asia/Kolkata", "2026-03-11", "midnight"},
		{"2026-03-10T18:15:00Z", "Asia/Kathmandu", "2026-03-11", "quarter hours"},
		{"2026-03-10T10:00:00Z", "Pacific/Kiritimati", "2026-03-11", "fourteen hours ahead"},
		{"2026-03-10T10:59:59Z", "Pacific/Pago_Pago", "2026-03-09", "eleven hours behind"},
		{"2026-03-10T11:00:00Z", "Pacific/Pago_Pago", "2026-03-10", "midnight there"},
		{"2026-03-28T23:00:00Z", "Europe/Amsterdam", "2026-03-29", "a day of 23 hours begins"},
		{"2026-03-29T21:59:59Z", "Europe/Amsterdam", "2026-03-29", "its last second"},
		{"2026-03-29T22:00:00Z", "Europe/Amsterdam", "2026-03-30", "it is over an hour early"},
		{"2026-10-24T22:00:00Z", "Europe/Amsterdam", "2026-10-25", "a day of 25 hours begins"},
		{"2026-10-25T22:59:59Z", "Europe/Amsterdam", "2026-10-25", "its last second, in the 25th hour"},
		{"2026-10-25T23:00:00Z", "Europe/Amsterdam", "2026-10-26", "it is over"},
		{"2024-04-25T21:59:59Z", "Africa/Cairo", "2024-04-25", "the second before a midnight that is skipped"},
		{"2024-04-25T22:00:00Z", "Africa/Cairo", "2024-04-26", "one o'clock: the day begins without a midnight"},
		{"2018-11-04T02:59:59Z", "America/Sao_Paulo", "2018-11-03", "the same in Brazil"},
		{"2018-11-04T03:00:00Z", "America/Sao_Paulo", "2018-11-04", "one o'clock there"},
		{"2009-11-01T02:29:59Z", "America/St_Johns", "2009-10-31", "Newfoundland, the last second of October"},
		{"2009-11-01T02:30:00Z", "America/St_Johns", "2009-11-01", "November begins"},
		{"2009-11-01T02:31:00Z", "America/St_Johns", "2009-10-31", "a minute later the clock is set back: October again"},
		{"2009-11-01T03:29:59Z", "America/St_Johns", "2009-10-31", "for an hour less a minute"},
		{"2009-11-01T03:30:00Z", "America/St_Johns", "2009-11-01", "November begins a second time"},
		{"2011-12-30T09:59:59Z", "Pacific/Apia", "2011-12-29", "Samoa, the last second before the date line moves"},
		{"2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31", "there was no 30 December 2011"},
	} {
		name := fmt.Sprintf("%s in %s is %s", c.at, c.zone, c.date)
		f.Cases = append(f.Cases,
			Case{
				Name: name + ", as now", Why: c.why, Now: c.at, Zone: c.zone, User: with("hired", quote(c.date)),
				Criteria: raw(`{"match":"all","sets":[{"match":"all","conditions":[%s,%s]}]}`,
					`{"kind":"field","field":"hired","op":"inLast","days":1}`, `{"kind":"field","field":"hired","op":"inNext","days":1}`), Want: "yes",
			},
			Case{
				Name: name + ", as a value", Why: c.why, Zone: c.zone, User: with("seen", quote(c.at)),
				Criteria: one(`{"kind":"field","field":"seen","op":"on","value":%q}`, c.date), Want: "yes",
			},
			Case{
				Name: name + ", as both", Why: "the same date, whatever it is", Now: c.at, Zone: c.zone, User: with("seen", quote(c.at)),
				Criteria: one(`{"kind":"field","field":"seen","op":"notInLast","days":1}`), Want: "no",
			})
	}
	for _, c := range []struct{ now, zone, field, value, keys, want, why string }{
		{"2011-12-30T10:00:00Z", "Pacific/Apia", "hired", "2011-12-30", `"op":"inLast","days":1`, "no", "the date that never was is never today"},
		{"2011-12-30T10:00:00Z", "Pacific/Apia", "hired", "2011-12-30", `"op":"inLast","days":2`, "yes", "but it is a date: the one before 31 December"},
		{"2011-12-30T09:59:59Z", "Pacific/Apia", "hired", "2011-12-30", `"op":"inNext","days":2`, "yes", "and the one after the 29th"},
		{"2011-12-30T10:00:00Z", "Pacific/Apia", "seen", "2011-12-30T09:59:59Z", `"op":"inLast","days":2`, "no", "a second ago was two dates ago"},
		{"2026-03-10T23:30:00Z", "Europe/Amsterdam", "seen", "2026-03-10T22:59:59Z", `"op":"inLast","days":1`, "no", "half an hour ago was yesterday: dates count, not hours"},
		{"2026-03-10T23:30:00Z", "Europe/Amsterdam", "seen", "2026-03-11T22:59:59Z", `"op":"inNext","days":1`, "yes", "to the last second of today"},
		{"2026-03-10T23:30:00Z", "Europe/Amsterdam", "seen", "2026-03-11T23:00:00Z", `"op":"inNext","days":1`, "no", "tomorrow"},
		{"", "Europe/Amsterdam", "seen", "2026-03-09T23:00:00Z", `"op":"onOrAfter","value":"2026-03-10"`, "yes", "with a date operand the date in the zone counts"},
		{"", "UTC", "seen", "2026-03-09T23:00:00Z", `"op":"onOrAfter","value":"2026-03-10"`, "no", "in UTC it is the day before"},
		{"", "Europe/Amsterdam", "seen", "2026-03-09T23:00:00Z", `"op":"onOrAfter","value":"2026-03-10T00:00:00Z"`, "no", "with an instant operand the zone does not matter"},
		{"", "Europe/Amsterdam", "seen", "2026-03-10T00:00:00+01:00", `"op":"on","value":"2026-03-10"`, "yes", "an instant may be written with any offset"},
		{"", "Europe/Amsterdam", "seen", "2026-03-10T23:00:00Z", `"op":"between","from":"2026-03-10","to":"2026-03-10"`, "no", "between two dates: the date in the zone is the 11th"},
		{"", "Europe/Amsterdam", "seen", "2026-03-10T23:00:00Z", `"op":"between","from":"2026-03-10","to":"2026-03-10T23:00:00Z"`, "yes", "a date and an instant, each in its own way"},
		{"2026-03-10T23:30:00Z", "Europe/Amsterdam", "hired", "2026-03-11", `"op":"on","value":"2026-03-11"`, "yes", "a date has no zone"},
		{"2026-03-31T23:30:00Z", "Europe/Amsterdam", "hired", "2026-03-01", `"op":"ago","months":1`, "yes", "the month is counted from today in the zone, 1 April"},
		{"2026-03-31T23:30:00Z", "UTC", "hired", "2026-03-01", `"op":"ago","months":1`, "no", "in UTC from 31 March, clamped to 28 February"},
	} {
		f.Cases = append(f.Cases, Case{
			Name: fmt.Sprintf("%s %s %s, now %s in %s", c.field, c.value, c.keys, c.now, c.zone), Why: c.why, Now: c.now, Zone: c.zone,
			User: with(c.field, quote(c.value)), Criteria: one(`{"kind":"field","field":%q,%s}`, c.field, c.keys), Want: c.want,
		})
	}
	return f
}
