varnishd -P /var/run/varnishd.pid -a :6081 -T localhost:6082 \
   -f /etc/varnish/default.vcl -S /etc/varnish/secret -p pipe_timeout 86400 \
   -s file,/var/lib/varnish/sample/varnish_storage.bin,1G
