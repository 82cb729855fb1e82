{{- define "seawall.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* The name of everything that is made, cut to leave room for what is put behind it. */ -}}
{{- define "seawall.fullname" -}}
{{- $name := include "seawall.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "seawall.selectorLabels" -}}
app.kubernetes.io/name: {{ include "seawall.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "seawall.labels" -}}
{{ include "seawall.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "seawall.image" -}}
{{- $repository := required "image.repository is needed: where you have pushed your image of Seawall" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ printf "%s@%s" $repository .Values.image.digest }}
{{- else -}}
{{ printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end -}}
{{- end -}}

{{- define "seawall.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "seawall.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- define "seawall.secretName" -}}
{{- if and (eq .Values.certificates.mode "existing") (not .Values.certificates.secretName) -}}
{{- fail "certificates.secretName is needed with certificates.mode existing" -}}
{{- end -}}
{{ default (printf "%s-tls" (include "seawall.fullname" .)) .Values.certificates.secretName }}
{{- end -}}

{{- /* What the webhooks are verified by, where the chart knows it; Seawall or cert-manager writes it otherwise. */ -}}
{{- define "seawall.caBundle" -}}
{{- if eq .Values.certificates.mode "existing" -}}
{{- required "certificates.caBundle is needed with certificates.mode existing" .Values.certificates.caBundle | b64enc -}}
{{- end -}}
{{- end -}}

{{- define "seawall.webhookAnnotations" -}}
{{- if eq .Values.certificates.mode "certManager" -}}
cert-manager.io/inject-ca-from: {{ printf "%s/%s" .Release.Namespace (include "seawall.fullname" .) }}
{{- end -}}
{{- end -}}

{{- /* The settings of the ConfigMap, as one document. */ -}}
{{- define "seawall.settings" -}}
apiVersion: seawall.dev/v1alpha1
kind: DatabasePolicy
metadata:
  name: {{ include "seawall.fullname" . }}
spec:
  {{- toYaml .Values.settings | nindent 2 }}
{{- end -}}

{{- define "seawall.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "seawall.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}
