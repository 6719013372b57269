package edge

import "time"

// Within sets how long a request and its answer may take, which tests do not wait for.
func (s *Server) Within(limit time.Duration) { s.http.ReadTimeout, s.http.WriteTimeout = limit, limit }
