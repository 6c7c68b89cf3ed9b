package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// A code names a kind of problem, the same for ever; the type of a problem ends with it.
type code string

const (
	codeMalformed     code = "malformed"
	codeForbidden     code = "forbidden"
	codeCrossOrigin   code = "cross-origin"
	codeNotFound      code = "not-found"
	codeMethod        code = "method"
	codeConflict      code = "conflict"
	codeStale         code = "stale"
	codePreview       code = "preview"
	codePolicy        code = "policy"
	codeReferred      code = "referred"
	codeCycle         code = "cycle"
	codePrecondition  code = "precondition"
	codeTooLarge      code = "too-large"
	codeMediaType     code = "media-type"
	codeInvalid       code = "invalid"
	codePlan          code = "plan"
	codeUnconditional code = "unconditional"
	codeSource        code = "source"
	codeInterrupted   code = "interrupted"
)

// kind is what is fixed about a code.
type kind struct {
	status int
	title  string
}

// known says of every code how it is answered.
func (c code) known() kind {
	switch c {
	case codeMalformed:
		return kind{http.StatusBadRequest, "The request cannot be read"}
	case codeForbidden:
		return kind{http.StatusForbidden, "Not allowed"}
	case codeCrossOrigin:
		return kind{http.StatusForbidden, "The request comes from another site"}
	case codeNotFound:
		return kind{http.StatusNotFound, "There is no such thing"}
	case codeMethod:
		return kind{http.StatusMethodNotAllowed, "Not a method of this resource"}
	case codeConflict:
		return kind{http.StatusConflict, "Somebody was faster"}
	case codeStale:
		return kind{http.StatusConflict, "The plan would not do any more what it says"}
	case codePreview:
		return kind{http.StatusConflict, "To be previewed first"}
	case codePolicy:
		return kind{http.StatusConflict, "The tenant does not want that"}
	case codeReferred:
		return kind{http.StatusConflict, "Another group refers to this one"}
	case codeCycle:
		return kind{http.StatusConflict, "Groups would refer to each other in a ring"}
	case codePrecondition:
		return kind{http.StatusPreconditionFailed, "Somebody was faster"}
	case codeTooLarge:
		return kind{http.StatusRequestEntityTooLarge, "The body is too large"}
	case codeMediaType:
		return kind{http.StatusUnsupportedMediaType, "The body has to be application/json"}
	case codeInvalid:
		return kind{http.StatusUnprocessableEntity, "Not usable as it is"}
	case codePlan:
		return kind{http.StatusUnprocessableEntity, "Not a plan that can be carried out"}
	case codeUnconditional:
		return kind{http.StatusPreconditionRequired, "If-Match has to name the revision that the edit started from; If-None-Match: * creates"}
	case codeInterrupted:
		return kind{http.StatusServiceUnavailable, "Interrupted"}
	}
	return kind{http.StatusBadGateway, "A source of people or groups failed"}
}

// A problem is an error as the client sees it (RFC 9457).
type problem struct {
	code   code
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Problems are what is wrong with the body, each at its JSON pointer in it.
	Problems []placed `json:"problems,omitempty"`
	// Group, Revision, SavedBy and SavedAt say who was faster.
	Group    groups.GroupID `json:"group,omitempty"`
	Revision uint64         `json:"revision,omitempty"`
	SavedBy  string         `json:"savedBy,omitempty"`
	SavedAt  time.Time      `json:"savedAt,omitzero"`
	// Difference is where a plan and what would happen now differ.
	Difference []groups.Deviation `json:"difference,omitempty"`
	// Ring is the ring of groups.
	Ring []groups.GroupID `json:"ring,omitempty"`
	// Saved is the revision that was saved although the members could not be brought up to date.
	Saved uint64 `json:"saved,omitempty"`
}

// placed is one thing that is wrong with a body.
type placed struct {
	Pointer string `json:"pointer"`
	Text    string `json:"text"`
}

// Error returns the detail, or the title.
func (p *problem) Error() string { return cmp.Or(p.Detail, p.code.known().title) }

func (p *problem) write(w http.ResponseWriter) {
	k := p.code.known()
	p.Type, p.Title, p.Status = "https://github.com/grouprules/groups/httpapi#"+string(p.code), k.title, k.status
	body, err := json.Marshal(p)
	if err != nil {
		panic("httpapi: a problem has no JSON: " + err.Error())
	}
	head(w.Header(), "application/problem+json")
	w.WriteHeader(k.status)
	w.Write(body) // nobody is left to be told of an error
}

// head is what every answer has.
func head(of http.Header, media string) {
	of.Set("Content-Type", media)
	of.Set("X-Content-Type-Options", "nosniff")
	of.Set("Cache-Control", "no-store")
}

// A partly error is one after which the definition is written and the members are not yet up to date.
type partly struct {
	error
	saved uint64 // its revision; zero is that it was deleted
}

func (e *partly) Unwrap() error { return e.error }

// A failure is an error of the host, whatever it wraps.
type failure struct{ error }

func (e *failure) Unwrap() error { return e.error }

// problem is an error as the client may see it. Of an error that may be of a source only its kind is told, and the
// problems of a [groups.CriteriaError].
func (h *Handler) problem(c *call, err error) *problem {
	p := c.refusal(err)
	switch status := p.code.known().status; {
	case c.r.Method == http.MethodGet && (status == http.StatusConflict || status == http.StatusUnprocessableEntity),
		c.group == "" && c.user == "" && status == http.StatusNotFound:
		p = &problem{code: codeSource} // a read is in nobody's way, and a list is always there
	}
	if half, is := errors.AsType[*partly](err); is {
		if p.code != codeInterrupted { // whatever it is, it did not keep the edit from being written
			p = &problem{code: codeSource}
		}
		p.Saved = half.saved
	}
	return p
}

func (c *call) refusal(err error) *problem {
	if p, is := errors.AsType[*problem](err); is {
		return p
	}
	if c.r.Context().Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return &problem{code: codeInterrupted}
	}
	if _, is := errors.AsType[*failure](err); is {
		return &problem{code: codeSource}
	}
	if e, is := errors.AsType[*groups.ConflictError](err); is {
		p := &problem{code: codeConflict, Group: e.Group, Revision: e.Revision, SavedBy: e.By, SavedAt: e.At.UTC()}
		if c.r.Header.Get("If-Match") != "" || creates(c.r) {
			p.code = codePrecondition
		}
		return p
	}
	if e, is := errors.AsType[*groups.StaleError](err); is {
		return &problem{code: codeStale, Difference: e.Difference}
	}
	if e, is := errors.AsType[*groups.CycleError](err); is {
		p := &problem{code: codeCycle}
		if c.actor.SeesAll {
			p.Ring = e.Path
		}
		return p
	}
	for _, r := range []struct {
		wraps error
		code  code
	}{
		{groups.ErrNotFound, codeNotFound}, {groups.ErrConflict, codeConflict},
		{groups.ErrReferred, codeReferred}, {admin.ErrPreview, codePreview}, {admin.ErrPolicy, codePolicy}, {admin.ErrLastGroup, codePolicy},
		{groups.ErrPlan, codePlan},
	} {
		if errors.Is(err, r.wraps) {
			return &problem{code: r.code}
		}
	}
	if e, is := errors.AsType[*groups.CriteriaError](err); is {
		return &problem{code: codeInvalid, Problems: c.placed(e)}
	}
	return &problem{code: codeSource}
}

// placed are the problems of criteria at their pointers in the body.
func (c *call) placed(e *groups.CriteriaError) (list []placed) {
	for _, p := range e.Under(c.criteria).Problems {
		list = append(list, placed{p.Pointer, p.Text})
	}
	return list
}

// wrong is what is wrong with the definition that the client sent; nil is that the error is of another kind. It tells
// what an error says, and is asked only of those that no source had a part in.
func (c *call) wrong(err error) (list []placed) {
	if many, is := err.(interface{ Unwrap() []error }); is {
		if _, criteria := err.(*groups.CriteriaError); !criteria {
			for _, e := range many.Unwrap() {
				list = append(list, c.wrong(e)...)
			}
			return list
		}
	}
	if e, is := errors.AsType[*groups.CriteriaError](err); is {
		return c.placed(e)
	}
	for _, ours := range []error{groups.ErrGroup, groups.ErrID} {
		if errors.Is(err, ours) {
			return []placed{{"/group", err.Error()}}
		}
	}
	return nil
}
