# edgegen as a job of Nomad, for the site of "shop.example". Printed by edgegen
# 1.2.3; print it again where the site changes.
#
# Keys and passwords stay where they are. Before the job is run, in the site's directory:
#   nomad var put nomad/jobs/shop/edge/edgegen htpasswd=@htpasswd site_hcl=@site.hcl
#
# The site's variables have their defaults, but for those that are given so:
#   nomad var put nomad/jobs/shop/edge key=…

job "shop" {
  type = "service"

  # Edges on many machines, in many places.
  constraint {
    operator = "distinct_hosts"
    value    = "true"
  }
  spread {
    attribute = "${node.datacenter}"
  }

  group "edge" {
    count = 2

    # A new edge is ready for a while before the next one is begun with, and one that is not
    # in time has all go back.
    update {
      max_parallel      = 1
      canary            = 1
      auto_promote      = true
      auto_revert       = true
      health_check      = "checks"
      min_healthy_time  = "10s"
      healthy_deadline  = "3m"
      progress_deadline = "10m"
    }

    # Those who look the edge up are told that it goes before it is asked to.
    shutdown_delay = "10s"

    network {
      port "http" {
        static = 80
        to     = 80
      }
      port "https" {
        static = 443
        to     = 443
      }
      port "metrics" {
        static = 9145
        to     = 9145
      }
    }

    service {
      name     = "shop-http"
      port     = "http"
      provider = "nomad"
    }

    service {
      name     = "shop"
      port     = "https"
      provider = "nomad"
    }

    service {
      name     = "shop-metrics"
      port     = "metrics"
      provider = "nomad"
      tags     = ["metrics"]

      check {
        name     = "ready"
        type     = "http"
        path     = "/readyz"
        protocol = "http"
        port     = "metrics"
        interval = "2s"
        timeout  = "2s"
      }

      check {
        name     = "alive"
        type     = "http"
        path     = "/healthz"
        protocol = "http"
        port     = "metrics"
        interval = "10s"
        timeout  = "5s"
        check_restart {
          limit = 3
          grace = "3m" # compiling VCL takes its time
        }
      }
    }

    # Certificates of the local authority, compiled VCL.
    ephemeral_disk {
      size    = 1024
      sticky  = true
      migrate = true
    }

    task "edgegen" {
      driver = "docker"

      config {
        image           = "registry.example/edgegen:1.2.3"
        args            = ["up", "${NOMAD_SECRETS_DIR}/site", "--watch", "--state-dir", "${NOMAD_ALLOC_DIR}/data/state"]
        ports           = ["http", "https", "metrics"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
        # Without a right, and for this container's network alone.
        sysctl = { "net.ipv4.ip_unprivileged_port_start" = "0" }
        mount {
          type   = "tmpfs"
          target = "/tmp"
        }
      }

      # What is in work when the edge is told to go has timeouts.drain. More than 30s want
      # max_kill_timeout in the client's configuration.
      kill_signal  = "SIGTERM"
      kill_timeout = "55s"

      resources {
        cpu    = 500
        memory = 768
      }

      template {
        destination = "${NOMAD_SECRETS_DIR}/variables.env"
        env         = true
        data        = <<END
{{ if nomadVarExists "nomad/jobs/shop/edge" }}{{ with nomadVar "nomad/jobs/shop/edge" }}{{ range .Tuples }}
EDGEGEN_VAR_{{ .K }}={{ .V | toJSON }}
{{ end }}{{ end }}{{ end }}
END
      }

      # The site. A file that changes is a reload, and no new edge.
      template {
        destination = "${NOMAD_SECRETS_DIR}/site/public/index.html"
        change_mode = "noop"
        perms       = "0644"
        uid         = 65532
        gid         = 65532
        data        = <<END
<p>A shop.</p>
END
      }
      template {
        destination     = "${NOMAD_SECRETS_DIR}/site/public/words.txt"
        change_mode     = "noop"
        perms           = "0644"
        uid             = 65532
        gid             = 65532
        left_delimiter  = "<<"
        right_delimiter = ">>"
        data            = <<END
Shop: {{ "this is no action" }} and $${neither} is this
END
      }
      template {
        destination = "${NOMAD_SECRETS_DIR}/site/htpasswd"
        change_mode = "noop"
        perms       = "0600"
        uid         = 65532
        gid         = 65532
        data        = "{{ with nomadVar \"nomad/jobs/shop/edge/edgegen\" }}{{ .htpasswd }}{{ end }}"
      }
      template {
        destination = "${NOMAD_SECRETS_DIR}/site/site.hcl"
        change_mode = "noop"
        perms       = "0600"
        uid         = 65532
        gid         = 65532
        data        = "{{ with nomadVar \"nomad/jobs/shop/edge/edgegen\" }}{{ .site_hcl }}{{ end }}"
      }
    }
  }
}
