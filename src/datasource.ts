import { PrometheusDatasource } from '@grafana/prometheus';

export class AmpDataSource extends PrometheusDatasource {}
