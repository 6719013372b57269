package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeEventCategories() service.Operation {
	return handle(s, "DescribeEventCategories", func(_ context.Context, _ *service.Call, in *dmsapi.DescribeEventCategoriesMessage) (*dmsapi.DescribeEventCategoriesResponse, error) {
		if _, err := filtersOf(in.Filters); err != nil {
			return nil, err
		}
		if source := value(in.SourceType); source != "" && len(categoriesOf(source)) == 0 {
			return nil, invalidValue("Invalid SourceType: %q. It is replication-instance or replication-task.", source)
		}
		out := &dmsapi.DescribeEventCategoriesResponse{EventCategoryGroupList: []dmsapi.EventCategoryGroup{}}
		for _, g := range eventCategories {
			if source := value(in.SourceType); source == "" || source == g.source {
				out.EventCategoryGroupList = append(out.EventCategoryGroupList, dmsapi.EventCategoryGroup{SourceType: new(g.source), EventCategories: g.categories})
			}
		}
		return out, nil
	})
}
