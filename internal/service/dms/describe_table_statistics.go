package dms

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeTableStatistics(ctx context.Context, _ *service.Call, in *dmsapi.DescribeTableStatisticsMessage) (*dmsapi.DescribeTableStatisticsResponse, error) {
	f, err := filtersOf(in.Filters, "schema-name", "table-name", "table-state")
	if err != nil {
		return nil, err
	}
	p, err := pageOf("DescribeTableStatistics", in.Marker, in.MaxRecords, mostStats)
	if err != nil {
		return nil, err
	}
	t, err := byARN[Task](s, s.reads(ctx), tasks, value(in.ReplicationTaskArn))
	if err != nil {
		return nil, err
	}
	tables, err := s.tablesOf(ctx, t)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(tables, func(a, b instance.Table) int {
		return cmp.Or(strings.Compare(a.Schema, b.Schema), strings.Compare(a.Name, b.Name))
	})
	out := &dmsapi.DescribeTableStatisticsResponse{ReplicationTaskArn: in.ReplicationTaskArn, TableStatistics: []dmsapi.TableStatistics{}}
	last := ""
	for i := range tables {
		one := &tables[i]
		key := one.Schema + "\x00" + one.Name
		if p.after != "" && key <= p.after || !f.allow("schema-name", one.Schema) || !f.allow("table-name", one.Name) || !f.allow("table-state", one.State) {
			continue
		}
		if len(out.TableStatistics) == p.limit {
			out.Marker = p.markerOf(last)
			break
		}
		out.TableStatistics, last = append(out.TableStatistics, showTable(one)), key
	}
	return out, nil
}

// tablesOf asks the instance; a task that was never started has no tables.
func (s *Service) tablesOf(ctx context.Context, t *Task) ([]instance.Table, error) {
	if t.Runs == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	tables, err := s.Host.Client(t.Instance).Tables(ctx, t.ID)
	if err != nil {
		return nil, s.askedInVain(t, err)
	}
	return tables, nil
}

// answerTime is how long a caller waits for an instance.
const answerTime = 10 * time.Second

// askedInVain turns what kept an instance from answering into what the caller is told.
func (s *Service) askedInVain(t *Task, err error) error {
	if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
		return badState("%s", refusal.Message)
	}
	s.Log.Warn("a replication instance did not answer", "instance", t.Instance, "task", t.ID, "error", err)
	return badState("The replication instance of the task does not answer at the moment. Try again.")
}

func showTable(t *instance.Table) dmsapi.TableStatistics {
	out := dmsapi.TableStatistics{
		SchemaName: &t.Schema, TableName: &t.Name, TableState: &t.State,
		Inserts: &t.Inserts, Updates: &t.Updates, Deletes: &t.Deletes, Ddls: &t.DDLs,
		AppliedInserts: &t.AppliedInserts, AppliedUpdates: &t.AppliedUpdates, AppliedDeletes: &t.AppliedDeletes, AppliedDdls: &t.AppliedDDLs,
		FullLoadRows: &t.Rows, FullLoadErrorRows: &t.ErrorRows, FullLoadCondtnlChkFailedRows: &t.ConditionalFailures,
		FullLoadStartTime: t.LoadStarted, FullLoadEndTime: t.LoadEnded, FullLoadReloaded: &t.Reloaded,
		ValidationPendingRecords: &t.Validation.Pending, ValidationFailedRecords: &t.Validation.Failed, ValidationSuspendedRecords: &t.Validation.Suspended,
		ValidationState: new(cmp.Or(t.Validation.State, "Not enabled")), ValidationStateDetails: some(t.Validation.Details),
		ResyncState: new("Not enabled"),
	}
	if r := &t.Resync; r.State != "" {
		done := 0.0
		if r.Attempted > 0 {
			done = 100 * float64(r.Succeeded+r.Failed) / float64(r.Attempted)
		}
		out.ResyncState, out.ResyncRowsAttempted, out.ResyncRowsSucceeded, out.ResyncRowsFailed, out.ResyncProgress = &r.State, &r.Attempted, &r.Succeeded, &r.Failed, &done
		if !r.At.IsZero() {
			done, out.ResyncState = 100, new("Last resync at: "+r.At.UTC().Format(time.RFC3339))
		}
	}
	if !t.Updated.IsZero() {
		out.LastUpdateTime = &t.Updated
	}
	return out
}
