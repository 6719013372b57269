package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"syscall"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

type operation func(ctx context.Context, s Server, q *request, r *reply) error

func operations() map[string]operation {
	return map[string]operation{
		"test": func(ctx context.Context, s Server, q *request, _ *reply) error {
			return s.Test(ctx, *q.Endpoint, q.AsTarget)
		},
		"schemas": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Schemas, err = s.Schemas(ctx, *q.Endpoint)
			return err
		},
		"start": func(ctx context.Context, s Server, q *request, _ *reply) error { return s.Start(ctx, *q.Task) },
		"stop":  func(ctx context.Context, s Server, q *request, _ *reply) error { return s.Stop(ctx, q.ID) },
		"tasks": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Tasks, r.Revision, err = s.Tasks(ctx, q.Revision)
			return err
		},
		"tables": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Tables, err = s.Tables(ctx, q.ID)
			return err
		},
		"reload": func(ctx context.Context, s Server, q *request, _ *reply) error {
			return s.Reload(ctx, q.ID, q.Tables, q.ValidateOnly)
		},
		"plan": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Plan, err = s.Plan(ctx, *q.Task)
			return err
		},
		"exceptions": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Exceptions, err = s.Exceptions(ctx, *q.Task, q.Exceptions)
			return err
		},
		"validationfailures": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Failures, err = s.ValidationFailures(ctx, *q.Task, q.Exceptions)
			return err
		},
		"replay": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Replayed, err = s.Replay(ctx, *q.Task, q.Tables[0], q.Keys)
			return err
		},
		"assess": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Assessment, err = s.Assess(ctx, *q.Assessment, q.Seen)
			return err
		},
		"endassessment": func(ctx context.Context, s Server, q *request, _ *reply) error { return s.EndAssessment(ctx, q.ID) },
		"release":       func(ctx context.Context, s Server, q *request, _ *reply) error { return s.Release(ctx, *q.Task) },
		"log": func(ctx context.Context, s Server, q *request, r *reply) (err error) {
			r.Path, r.Size, err = s.Log(ctx, q.ID)
			return err
		},
		"forget":   func(ctx context.Context, s Server, q *request, _ *reply) error { return s.Forget(ctx, q.ID) },
		"adopt":    func(ctx context.Context, s Server, q *request, _ *reply) error { return s.Adopt(ctx, q.ID, q.From) },
		"clearlog": func(ctx context.Context, s Server, q *request, _ *reply) error { return s.ClearLog(ctx, q.ID) },
		"logging": func(ctx context.Context, s Server, q *request, _ *reply) error {
			return s.SetLogging(ctx, q.ID, q.Settings)
		},
		"figures": func(ctx context.Context, s Server, _ *request, r *reply) (err error) {
			r.Figures, err = s.Figures(ctx)
			return err
		},
		"usage": func(ctx context.Context, s Server, _ *request, r *reply) (err error) {
			r.Usage, err = s.Usage(ctx)
			return err
		},
	}
}

// Handler answers for a server.
func Handler(s Server) http.Handler {
	mux := http.NewServeMux()
	for name, do := range operations() {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, h *http.Request) {
			q, r := request{Endpoint: &instance.Endpoint{}, Task: &instance.Task{}, Assessment: &instance.Assessment{}}, reply{}
			err := json.NewDecoder(h.Body).Decode(&q)
			if err == nil {
				err = rescue.Run(func() error { return do(h.Context(), s, &q, &r) })
			}
			var refusal *instance.Refusal
			switch {
			case errors.As(err, &refusal):
				r.Refusal = &refusal.Message
			case err != nil:
				r.Failure, r.NoRoom = fmt.Sprintf("%s: %v", name, err), errors.Is(err, syscall.ENOSPC)
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(r) // who asked has gone
		})
	}
	return mux
}
