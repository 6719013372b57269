package dms

import "github.com/whimbreldb/whimbrel/internal/service"

func (s *Service) instanceOperations() []service.Operation { return nil }
