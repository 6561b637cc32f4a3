import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  ...tseslint.configs.strict,
  jsxA11y.flatConfigs.recommended,
  {
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // `call<void>` is how an answer without a body is written.
      '@typescript-eslint/no-invalid-void-type': 'off',
      'max-lines': ['error', 400],
      // The stage shows live people: there is no caption track to offer, chat stands beside it.
      'jsx-a11y/media-has-caption': 'off',
    },
  },
);
