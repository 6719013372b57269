package task_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// weighed is a target that notes how much each call of Write brings.
type weighed struct {
	mortalTarget
	rows, bytes *[]int
}

type weighedSession struct {
	connector.ApplySession
	*weighed
}

func (w *weighed) Apply(ctx context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	s, err := w.mortalTarget.Apply(ctx, o)
	return &weighedSession{s, w}, err
}

func (s *weighedSession) Write(ctx context.Context, sets []connector.RowSet) ([]int64, error) {
	rows, bytes := 0, 0
	for i := range sets {
		rows += sets[i].Len()
		for c := range sets[i].Columns {
			if sets[i].Rows.Columns[c].Layout.Holds() != change.InData {
				continue
			}
			for row := range sets[i].Rows.Rows() {
				bytes += len(sets[i].Rows.Columns[c].Value(row))
			}
		}
	}
	*s.rows, *s.bytes = append(*s.rows, rows), append(*s.bytes, bytes)
	return s.ApplySession.Write(ctx, sets)
}

func weighing(rows, bytes *[]int) edit {
	return func(c *task.Config) {
		engines := slices.Clone(all.Engines())
		for i, e := range engines {
			if e.Family != catalog.MySQL {
				continue
			}
			same := *e
			same.OpenTarget = func(ctx context.Context, cfg connector.Config) (connector.Target, error) {
				opened, err := e.OpenTarget(ctx, cfg)
				if err != nil {
					return nil, err
				}
				return &weighed{opened.(mortalTarget), rows, bytes}, nil
			}
			engines[i] = &same
		}
		c.Engines = engines
	}
}

// TestGroupsOfChangesAreBounded: one transaction, larger than the settings allow at once, goes to the target in pieces within
// their bounds.
func TestGroupsOfChangesAreBounded(t *testing.T) {
	const changes, size = 2000, 2000 // 4 MB
	for name, c := range map[string]struct {
		document             string
		rows, bytes, atLeast int
	}{
		"by default":            {`{}`, changes, changes * size, 1},
		"MemoryLimitTotal":      {`{"ChangeProcessingTuning":{"MemoryLimitTotal":1}}`, changes, 1<<20/8 + 2*size, 30},
		"BatchApplyMemoryLimit": {`{"TargetMetadata":{"BatchApplyEnabled":true},"ChangeProcessingTuning":{"BatchApplyMemoryLimit":1}}`, changes, 1<<20 + 2*size, 4},
		"BatchSplitSize":        {`{"TargetMetadata":{"BatchApplyEnabled":true},"ChangeProcessingTuning":{"BatchSplitSize":100}}`, 100, changes * size, 20},
		"BatchSplitSize of one": {`{"TargetMetadata":{"BatchApplyEnabled":true},"ChangeProcessingTuning":{"BatchSplitSize":1}}`, 1, changes * size, changes},
	} {
		t.Run(name, func(t *testing.T) {
			source, target := newEnd(t, "sqlite"), newEnd(t, "mariadb")
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, v varchar(4000))")
			settled := settingsDocument(t, c.document)
			load(t, source, target, settled)
			source.exec(t, fmt.Sprintf("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) INSERT INTO item SELECT i, '%s' FROM s",
				changes, strings.Repeat("v", size)))
			var rows, bytes []int
			catchUp(t, source, target, settled, weighing(&rows, &bytes))
			require.GreaterOrEqual(t, len(rows), c.atLeast, "pieces")
			require.LessOrEqual(t, slices.Max(rows), c.rows, "rows of a piece")
			require.LessOrEqual(t, slices.Max(bytes), c.bytes, "bytes of a piece")
			require.Equal(t, []string{fmt.Sprint(changes)}, target.column(t, "SELECT count(*) FROM item"))
		})
	}
}
