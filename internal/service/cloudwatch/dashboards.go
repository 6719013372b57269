package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

const (
	dashboardKeys  = Prefix + "dashboard/"
	mostDashboards = 1000
	// longestBody is in bytes. Bodies lie in the store of everything else's state, and each change of one stays in it for a
	// while: a thousand of a megabyte would take an eighth of what it may hold.
	longestBody      = 64 << 10
	dashboardsAtOnce = 100 // in one answer: for their sizes their bodies are read
)

// A Dashboard is what is kept of one.
type Dashboard struct {
	Name, Body string
	Changed    time.Time
}

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

func (s *Service) dashboardARN(name string) string {
	return "arn:" + s.Partition + ":cloudwatch::" + s.Account + ":dashboard/" + name
}

// onDashboards is the check of an operation on dashboards, which belong to no region.
func (s *Service) onDashboards(call *service.Call, names ...string) []service.Check {
	arns := make([]string, len(names))
	for i, n := range names {
		arns[i] = s.dashboardARN(n)
	}
	return call.On(arns...)
}

func badDashboard(form string, args ...any) error {
	return cloudwatchapi.Service.NewError("DashboardInvalidInputError", form, args...)
}

func (s *Service) putDashboard() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.PutDashboardInput) ([]service.Check, error) {
		return s.onDashboards(call, deref(in.DashboardName)), nil
	}
	return service.Handle("PutDashboard", access, func(ctx context.Context, call *service.Call, in *cloudwatchapi.PutDashboardInput) (*cloudwatchapi.PutDashboardOutput, error) {
		if !dashboardName.MatchString(*in.DashboardName) {
			return nil, badDashboard("The dashboard name %q has other characters than letters, digits, dashes and underscores.", *in.DashboardName)
		}
		if len(in.Tags) > 0 {
			return nil, badDashboard("Dashboards have no tags here: leave Tags out.")
		}
		if n := len(*in.DashboardBody); n > longestBody {
			return nil, badDashboard("The dashboard body is %d bytes long, of at most %d.", n, longestBody)
		}
		var body struct {
			Widgets []json.RawMessage `json:"widgets"`
		}
		if err := json.Unmarshal([]byte(*in.DashboardBody), &body); err != nil {
			return nil, badDashboard("The dashboard body is no JSON object with an array of widgets: %v", err)
		}
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			key := dashboardKeys + *in.DashboardName
			if there, err := store.Exists(tx, key); err != nil {
				return err
			} else if !there {
				page, err := tx.List(store.Range{Prefix: dashboardKeys, KeysOnly: true})
				if err != nil {
					return err
				}
				if len(page.Items) >= mostDashboards {
					return badDashboard("The account has %d dashboards, which is its quota.", mostDashboards)
				}
			}
			return store.Write(tx, key, Dashboard{*in.DashboardName, *in.DashboardBody, call.Now.UTC()})
		})
		return &cloudwatchapi.PutDashboardOutput{DashboardValidationMessages: []cloudwatchapi.DashboardValidationMessage{}}, err
	})
}

func (s *Service) getDashboard() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.GetDashboardInput) ([]service.Check, error) {
		return s.onDashboards(call, deref(in.DashboardName)), nil
	}
	return service.Handle("GetDashboard", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.GetDashboardInput) (*cloudwatchapi.GetDashboardOutput, error) {
		item, err := s.Store.Get(ctx, dashboardKeys+*in.DashboardName)
		if errors.Is(err, store.ErrNotFound) {
			return nil, cloudwatchapi.Service.NewError("DashboardNotFoundError", "Dashboard %s does not exist", *in.DashboardName)
		}
		if err != nil {
			return nil, fmt.Errorf("read dashboard %s: %w", *in.DashboardName, err)
		}
		var d Dashboard
		if err := item.Decode(&d); err != nil {
			return nil, err
		}
		return &cloudwatchapi.GetDashboardOutput{DashboardName: &d.Name, DashboardBody: &d.Body, DashboardArn: new(s.dashboardARN(d.Name))}, nil
	})
}

func (s *Service) listDashboards() service.Operation {
	return service.Handle("ListDashboards", onAny, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.ListDashboardsInput) (*cloudwatchapi.ListDashboardsOutput, error) {
		after, err := nameToken(in.NextToken)
		if err != nil {
			return nil, err
		}
		r := store.Range{Prefix: dashboardKeys + deref(in.DashboardNamePrefix), Limit: dashboardsAtOnce}
		if after != "" {
			r.After = dashboardKeys + after
		}
		page, err := s.Store.List(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("list the dashboards: %w", err)
		}
		all := []cloudwatchapi.DashboardEntry{}
		for _, item := range page.Items {
			var d Dashboard
			if err := item.Decode(&d); err != nil {
				return nil, err
			}
			all = append(all, cloudwatchapi.DashboardEntry{DashboardName: &d.Name, DashboardArn: new(s.dashboardARN(d.Name)), LastModified: &d.Changed, Size: new(int64(len(d.Body)))})
		}
		out := &cloudwatchapi.ListDashboardsOutput{DashboardEntries: all}
		if page.More {
			out.NextToken = new(tokenOfName(*all[len(all)-1].DashboardName))
		}
		return out, nil
	})
}

func (s *Service) deleteDashboards() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.DeleteDashboardsInput) ([]service.Check, error) {
		return s.onDashboards(call, in.DashboardNames...), nil
	}
	return service.Handle("DeleteDashboards", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DeleteDashboardsInput) (*cloudwatchapi.DeleteDashboardsOutput, error) {
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			var absent []string
			for _, name := range in.DashboardNames {
				there, err := store.Exists(tx, dashboardKeys+name)
				if err != nil {
					return err
				}
				if !there {
					absent = append(absent, name)
				}
				tx.Delete(dashboardKeys + name)
			}
			if len(absent) > 0 {
				return invalid("There is no dashboard %s; none was deleted.", strings.Join(absent, ", "))
			}
			return nil
		})
		return &cloudwatchapi.DeleteDashboardsOutput{}, err
	})
}
