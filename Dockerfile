# One image for each program, chosen by PROGRAM (ShopSaga.Orders, ShopSaga.Gateway, ...); all of them share the build stage.
# infra/images/build.sh builds every one.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0

# What a restore depends on: the layer after it is reused until one of these files changes.
FROM ${SDK} AS projects
WORKDIR /source
COPY . .
RUN find . -type f ! -name '*.csproj' ! -name '*.proj' ! -name '*.props' ! -name '*.targets' ! -name global.json -delete

FROM ${SDK} AS build
WORKDIR /source
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
COPY --from=projects /source ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages dotnet msbuild infra/images/Programs.proj -t:Restore -v:quiet
COPY . .
# A program's launcher is called alike in all images, since an entry point knows no build arguments.
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    dotnet msbuild infra/images/Programs.proj -t:Publish -m -v:quiet -nodeReuse:false -p:UseSharedCompilation=false \
    && for folder in .artifacts/publish/*/release; do \
         program=$(basename "$(dirname "$folder")"); \
         mkdir -p /programs && mv "$folder" "/programs/$program" && mv "/programs/$program/$program" "/programs/$program/service"; \
       done

FROM ${RUNTIME}
ARG PROGRAM
ARG VERSION=dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="${PROGRAM}" \
      org.opencontainers.image.description="A program of ShopSaga, a reference back end for an online shop" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /programs/${PROGRAM}/ ./
# The root file system can be read-only: without its diagnostics the runtime writes no file.
ENV ASPNETCORE_HTTP_PORTS=8080 DOTNET_EnableDiagnostics=0 DOTNET_gcServer=0
EXPOSE 8080
USER 1654:1654
HEALTHCHECK --interval=30s --timeout=4s --start-period=60s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["/app/service"]
