using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Whorl.Generation;

namespace Whorl;

/// <summary>A model as an <see cref="IChatClient"/>; see <see cref="LanguageModel.AsChatClient"/>.</summary>
/// <param name="model">The model.</param>
/// <param name="options">What holds where a request asks for nothing.</param>
/// <param name="time">Tells when answers are made.</param>
internal sealed class ModelChatClient(LanguageModel model, TextOptions options, TimeProvider time) : IChatClient
{
    private const string Provider = "whorl";
    private const string Seed = "seed";

    private readonly ChatClientMetadata _metadata = new(Provider, providerUri: null, model.Name);

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        TextResult result = await BeginAsync(messages, options).ToResultAsync(cancellationToken).ConfigureAwait(false);
        string id = NewId();
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, result.Text) { MessageId = id, RawRepresentation = result })
        {
            ResponseId = id,
            ModelId = model.Name,
            CreatedAt = time.GetUtcNow(),
            FinishReason = Reason(result.StopReason),
            Usage = Usage(result),
            RawRepresentation = result,
            AdditionalProperties = new() { [Seed] = result.Seed },
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        GeneratedText text = BeginAsync(messages, options);
        string id = NewId();
        await foreach (string piece in text.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return Update(id, new TextContent(piece));
        }

        TextResult result = text.Result;
        ChatResponseUpdate last = Update(id, new UsageContent(Usage(result)));
        (last.FinishReason, last.RawRepresentation, last.AdditionalProperties) = (Reason(result.StopReason), result, new() { [Seed] = result.Seed });
        yield return last;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(model) ? model
            : serviceType.IsInstanceOfType(model.Tokenizer) ? model.Tokenizer
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The model is whose it was: it has all that an answer has left.
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static ChatFinishReason Reason(StopReason reason) =>
        reason is StopReason.MaxTokens or StopReason.ContextFull ? ChatFinishReason.Length : ChatFinishReason.Stop;

    private static UsageDetails Usage(TextResult result) => new()
    {
        InputTokenCount = result.PromptIds.Count,
        OutputTokenCount = result.Ids.Count,
        TotalTokenCount = result.PromptIds.Count + result.Ids.Count,
        CachedInputTokenCount = result.PromptIds.Count - result.PrefillTokens,
    };

    private GeneratedText BeginAsync(IEnumerable<ChatMessage> messages, ChatOptions? asked)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatClientRequest request = ChatClientRequest.Read(messages, asked, options, model.Name);
        return model.AnswerAsync(request.Messages, request.Options);
    }

    private ChatResponseUpdate Update(string id, AIContent content) => new(ChatRole.Assistant, [content])
    {
        MessageId = id,
        ResponseId = id,
        ModelId = model.Name,
        CreatedAt = time.GetUtcNow(),
    };
}
