package httpapi

// A Route is what tests compare the document with, which is written by hand.
type Route struct {
	Method, Path string
	Action       Action
	Query        []string
}

// Routes are those that a Handler serves.
func Routes() (all []Route) {
	for _, rt := range routes() {
		all = append(all, Route{rt.method, rt.path, rt.action, rt.query})
	}
	return all
}
