package socket

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// Usage is what a process has used.
type Usage struct {
	CPU    time.Duration // since it was started
	Memory int64         // resident bytes
}

// Server is what answers at the socket.
type Server interface {
	instance.Client
	instance.FiguresClient
	instance.LogClearer
	Usage(ctx context.Context) (Usage, error)
	// SetLogging gives a running task the section Logging of a document of task settings.
	SetLogging(ctx context.Context, id, settings string) error
}

// request is the body of every call; each uses what it needs.
type request struct {
	Endpoint     *instance.Endpoint   `json:",omitempty"`
	AsTarget     bool                 `json:",omitempty"`
	Task         *instance.Task       `json:",omitempty"`
	Assessment   *instance.Assessment `json:",omitempty"`
	Seen         int                  `json:",omitempty"`
	ID           string               `json:",omitempty"`
	From         string               `json:",omitempty"`
	Revision     int64                `json:",omitempty"`
	Tables       []instance.TableName `json:",omitempty"`
	ValidateOnly bool                 `json:",omitempty"`
	Settings     string               `json:",omitempty"`
	Exceptions   instance.Exceptions  `json:",omitzero"`
	Keys         []string             `json:",omitempty"`
}

// reply is the body of every answer.
type reply struct {
	Refusal    *string                      `json:",omitempty"` // a *instance.Refusal
	Failure    string                       `json:",omitempty"` // any other error
	NoRoom     bool                         `json:",omitempty"` // which is an instance.ErrNoRoom
	Schemas    []string                     `json:",omitempty"`
	Tasks      []instance.TaskState         `json:",omitempty"`
	Revision   int64                        `json:",omitempty"`
	Tables     []instance.Table             `json:",omitempty"`
	Path       string                       `json:",omitempty"`
	Size       int64                        `json:",omitempty"`
	Plan       *instance.Plan               `json:",omitempty"`
	Exceptions []instance.Exception         `json:",omitempty"`
	Failures   []instance.ValidationFailure `json:",omitempty"`
	Replayed   *instance.Replayed           `json:",omitempty"`
	Usage      Usage                        `json:",omitzero"`
	Figures    instance.Figures             `json:",omitzero"`
	Assessment *instance.AssessmentState    `json:",omitempty"`
}
