package etcd

import (
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// lastWords logs what the member says before it ends the process, as when its disk is full. All else that goes wrong comes back as
// an error.
func lastWords(log *slog.Logger) *zap.Logger {
	return zap.New(&fatalCore{LevelEnabler: zapcore.DPanicLevel, log: log})
}

// fatalCore is a zapcore.Core that writes to a slog.Logger.
type fatalCore struct {
	zapcore.LevelEnabler
	log    *slog.Logger
	fields []zapcore.Field
}

func (c *fatalCore) With(fields []zapcore.Field) zapcore.Core {
	return &fatalCore{c.LevelEnabler, c.log, append(c.fields[:len(c.fields):len(c.fields)], fields...)}
}

func (c *fatalCore) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if !c.Enabled(e.Level) {
		return to
	}
	return to.AddCore(e, c)
}

func (c *fatalCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	said := zapcore.NewMapObjectEncoder()
	for _, f := range append(c.fields[:len(c.fields):len(c.fields)], fields...) {
		f.AddTo(said)
	}
	c.log.Error("the store cannot go on and ends the server; what was acknowledged is kept", "reason", e.Message, "error", said.Fields["error"])
	return nil
}

func (c *fatalCore) Sync() error { return nil }
