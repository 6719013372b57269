// The shapes of answers that several pages show, as the SDK has them.
export type {
  Certificate, Connection, Endpoint, EndpointSetting, Event as DMSEvent, EventSubscription, ReplicationInstance, ReplicationSubnetGroup, ReplicationTask, ReplicationTaskAssessmentRun,
  SupportedEndpointType, TableStatistics,
} from '@aws-sdk/client-database-migration-service';
