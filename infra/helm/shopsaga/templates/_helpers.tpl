{{- define "shopsaga.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "shopsaga.labels" -}}
app.kubernetes.io/name: {{ .service }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "shopsaga.commonLabels" -}}
{{ include "shopsaga.labels" . }}
app.kubernetes.io/part-of: shopsaga
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "shopsaga.image" -}}
{{- $image := .root.Values.image -}}
{{ $image.registry }}shopsaga/{{ .program | trimPrefix "ShopSaga." | lower }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "shopsaga.podSecurity" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1654
  runAsGroup: 1654
  fsGroup: 1654
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "shopsaga.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  privileged: false
  capabilities: {drop: [ALL]}
{{- end }}

{{/*
The secret settings of a service: its own, and its connection strings. "schema" asks for the role that creates tables, too.
*/}}
{{- define "shopsaga.secretSettings" -}}
{{- $settings := .service.secretSettings }}
{{- if .service.database }}{{ $settings = concat (list "ConnectionStrings__Database") $settings }}{{ end }}
{{- if .service.broker }}{{ $settings = append $settings "ConnectionStrings__Broker" }}{{ end }}
{{- if .schema }}{{ $settings = append $settings "ConnectionStrings__Schema" }}{{ end }}
{{- toJson $settings }}
{{- end }}

{{/* The environment, secrets and resources of a service's container: of its Deployment and of its migration alike. */}}
{{- define "shopsaga.container" -}}
image: {{ include "shopsaga.image" (dict "root" .root "program" .service.program) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{ include "shopsaga.containerSecurity" . }}
{{- $secret := include "shopsaga.secretSettings" . | fromJsonArray }}
{{- if not .migrate }}
envFrom:
  - configMapRef: {name: {{ include "shopsaga.name" .root }}-{{ .name }}}
{{- end }}
{{- if or $secret .migrate }}
env:
{{- range $secret }}
  - {name: {{ . }}_FILE, value: /run/secrets/shopsaga/{{ . }}}
{{- end }}
{{- if .migrate }}
  # A hook runs before the ConfigMap is there.
{{- range $key, $value := include "shopsaga.settings" . | fromYaml }}
  - {name: {{ $key }}, value: {{ $value | quote }}}
{{- end }}
  - {name: Schema__Apply, value: Only}
{{- end }}
{{- end }}
{{- if $secret }}
volumeMounts:
  - {name: secrets, mountPath: /run/secrets/shopsaga, readOnly: true}
{{- end }}
resources: {{- toYaml .service.resources | nindent 2 }}
{{- end }}

{{/* Only the keys that the container reads are mounted: a running service has no password of the role that makes tables. */}}
{{- define "shopsaga.secretVolume" -}}
{{- $settings := include "shopsaga.secretSettings" . | fromJsonArray }}
{{- if $settings }}
volumes:
  - name: secrets
    secret:
      secretName: {{ .root.Values.secrets.prefix }}-{{ .name }}
      defaultMode: 0440
      items:
{{- range $settings }}
        - {key: {{ . }}, path: {{ . }}}
{{- end }}
{{- end }}
{{- end }}

{{/* Settings of a service that are no secrets. */}}
{{- define "shopsaga.settings" -}}
Auth__Issuer: {{ .root.Values.url
  | required "Set url to the address by which users reach the shop, such as https://shop.example.com." | quote }}
Auth__JwksAddress: http://{{ include "shopsaga.name" .root }}-users:8080/.well-known/jwks.json
{{- if .service.redis }}
ConnectionStrings__Redis: {{ required "Set redis.address to host:port." .root.Values.redis.address | quote }}
{{- end }}
{{- with .root.Values.otlpEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
{{- range .service.behind }}
Services__{{ title . }}: http://{{ include "shopsaga.name" $.root }}-{{ . }}:8080
{{- end }}
{{- range .service.watches }}
Services__{{ title . }}: http://{{ include "shopsaga.name" $.root }}-{{ . }}-instances:8080
{{- end }}
{{- range $key, $value := merge (deepCopy .service.settings) .root.Values.settings }}
{{ $key }}: {{ tpl (toString $value) $.root | quote }}
{{- end }}
{{- end }}

{{/* The service of a name with the defaults under it, as JSON. */}}
{{- define "shopsaga.service" -}}
{{- toJson (mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (get .root.Values.services .name))) }}
{{- end }}
