package groups

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// CloudEvent is the change as an event of CloudEvents 1.0 in JSON, to be sent with the media type
// application/cloudevents+json. Its id is that of the change, which stays the same however often it is sent, its type
// "groups.membership.joined", "left" or "switched", its subject the group and the user as the path of a URL, and its
// data the change without the cursor. The source is a URI reference that names the tenant, such as
// "https://lms.example/tenants/acme"; one that is none, and a change that was not written yet, are refused with an error
// that wraps [ErrValue].
func (c Change) CloudEvent(source string) ([]byte, error) {
	if _, err := url.Parse(source); err != nil || source == "" {
		return nil, fmt.Errorf("source %.64q %w as a URI reference", source, ErrValue)
	}
	if c.ID == "" {
		return nil, fmt.Errorf("id %w: the change was not written", ErrValue)
	}
	c.Cursor = ""
	return json.Marshal(struct {
		Spec    string `json:"specversion"`
		ID      string `json:"id"`
		Source  string `json:"source"`
		Type    string `json:"type"`
		Subject string `json:"subject"`
		Time    string `json:"time"`
		Media   string `json:"datacontenttype"`
		Data    Change `json:"data"`
	}{
		"1.0", c.ID, source, "groups.membership." + c.Kind.String(),
		url.PathEscape(string(c.Group)) + "/" + url.PathEscape(string(c.User)),
		c.At.UTC().Format(time.RFC3339Nano), "application/json", c,
	})
}
