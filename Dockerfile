# One image for each service: docker build --build-arg SERVICE=email .
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv --without-pip /app
COPY constraints.txt ./
RUN sed -n '/^uv==/,/[^\\]$/p' constraints.txt > uv.txt \
 && python -m venv /tools \
 && /tools/bin/pip install --no-cache-dir --quiet --disable-pip-version-check --require-hashes --requirement uv.txt
COPY pyproject.toml ./
COPY contracts contracts
COPY shared shared
COPY services services
ARG SERVICE
RUN /tools/bin/uv pip install --quiet --no-cache --no-editable --python /app/bin/python \
      --constraints constraints.txt --build-constraints constraints.txt \
      ./contracts './shared[s3]' "./services/$SERVICE" \
 && printf '#!/bin/sh\nexec /app/bin/python -m threadline_%s "$@"\n' "$SERVICE" > /app/bin/service \
 && chmod 755 /app/bin/service

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home threadline \
 && install --directory --owner=10001 --group=10001 --mode=700 /data /data/blobs
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    THREADLINE_DATA_DIR=/data \
    THREADLINE_HTTP_HOST=0.0.0.0 \
    THREADLINE_SMTP_HOST=0.0.0.0
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --retries=12 CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["/app/bin/service"]
