package dms

import "github.com/whimbreldb/whimbrel/internal/service"

func (s *Service) taskOperations() []service.Operation { return nil }
