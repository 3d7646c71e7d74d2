backend default {
  .host = "127.0.0.1";
  .port = "8080";
}
backend goliath {
  .host = "127.0.0.1";
  .port = "5000";
}

sub vcl_recv {
  set req.backend = default;

  if (req.http.x-forwarded-for) {
    set req.http.X-Forwarded-For = req.http.X-Forwarded-For ", " client.ip;
  } else {
    set req.http.X-Forwarded-For = client.ip;
  }

  if (req.http.upgrade ~ "(?i)websocket") {
    set req.backend = goliath;
    return (pipe);
  }

  return (lookup);
}

sub vcl_pipe {
  if (req.http.upgrade) {
    set bereq.http.upgrade = req.http.upgrade;
  }
  return (pipe);
}
