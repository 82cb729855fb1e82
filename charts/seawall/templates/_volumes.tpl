{{- define "seawall.volumeMounts" -}}
{{- if ne .Values.certificates.mode "selfManaged" }}
- {name: tls, mountPath: /etc/seawall/tls, readOnly: true}
{{- end }}
{{- if .Values.clientCA.configMap }}
- {name: client-ca, mountPath: /etc/seawall/client-ca, readOnly: true}
{{- end }}
{{- if .Values.settings }}
- {name: settings, mountPath: /etc/seawall/settings, readOnly: true}
{{- end }}
{{- if .Values.engines }}
- {name: engines, mountPath: /etc/seawall/engines, readOnly: true}
{{- end }}
{{- end -}}

{{- define "seawall.volumes" -}}
{{- if ne .Values.certificates.mode "selfManaged" }}
- name: tls
  secret: {secretName: {{ include "seawall.secretName" . }}, defaultMode: 0440}
{{- end }}
{{- if .Values.clientCA.configMap }}
- name: client-ca
  configMap: {name: {{ .Values.clientCA.configMap }}}
{{- end }}
{{- if .Values.settings }}
- name: settings
  configMap: {name: {{ include "seawall.fullname" . }}-settings}
{{- end }}
{{- if .Values.engines }}
- name: engines
  configMap: {name: {{ include "seawall.fullname" . }}-engines}
{{- end }}
{{- end -}}
