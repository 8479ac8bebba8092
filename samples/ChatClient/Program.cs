using Microsoft.Extensions.AI;
using Whorl;

await using LanguageModel model = await LanguageModel.LoadAsync(args[0]);
IChatClient client = model.AsChatClient();
ChatOptions options = new() { Instructions = "Answer in one sentence.", MaxOutputTokens = 40, Seed = 7 };
ChatResponse response = await client.GetResponseAsync(args[1], options);
Console.WriteLine($"{response.Text} [{response.Usage!.OutputTokenCount} tokens, ended by {response.FinishReason}]");
